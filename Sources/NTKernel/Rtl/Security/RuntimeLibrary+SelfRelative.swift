import GuestABI
import NTStructures

/// Security descriptors as a whole: their size, their validity, and their form.
extension RuntimeLibrary {
  /// Returns the bytes of a descriptor and its parts.
  ///
  /// The corresponding kernel routine is `RtlLengthSecurityDescriptor`.
  func length(of descriptor: GuestPointer<SecurityDescriptor>) throws -> Int {
    let isRelative = try memory[descriptor].control.contains(.selfRelative)
    let size =
      isRelative
      ? RelativeSecurityDescriptor.size(on: memory.architecture)
      : SecurityDescriptor.size(on: memory.architecture)
    return try size + partsLength(of: descriptor)
  }

  private func partsLength(of descriptor: GuestPointer<SecurityDescriptor>) throws -> Int {
    var size = 0
    for part in SecurityDescriptorPart.allCases {
      size += try length(of: part, at: address(of: part, in: descriptor))
    }
    return size
  }

  /// Returns whether a descriptor and its parts are well formed.
  ///
  /// The corresponding kernel routine is `RtlValidSecurityDescriptor`.
  func isValid(_ descriptor: GuestPointer<SecurityDescriptor>) throws -> Bool {
    guard try memory[descriptor].revision == SecurityDescriptor.revision else { return false }
    for part in SecurityDescriptorPart.allCases {
      let address = try address(of: part, in: descriptor)
      guard address != .null else { continue }
      let isPartValid =
        part.isSID
        ? try isValid(GuestPointer<SID>(address)) : try isValid(GuestPointer<ACL>(address))
      guard isPartValid else { return false }
    }
    return true
  }

  /// Copies a descriptor and its parts into one buffer.
  ///
  /// The corresponding kernel routine is `RtlAbsoluteToSelfRelativeSD`. The order of the parts is not
  /// documented: readers go by the offsets.
  func makeSelfRelative(
    _ descriptor: GuestPointer<SecurityDescriptor>,
    to relative: GuestPointer<RelativeSecurityDescriptor>,
    size available: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let control = try memory[descriptor].control
    guard !control.contains(.selfRelative) else { return .badDescriptorFormat }
    var offset = RelativeSecurityDescriptor.size(on: memory.architecture)
    let size = try offset + partsLength(of: descriptor)
    guard size <= Int(try memory.load(UInt32.self, at: available.address)) else {
      try memory.store(UInt32(size), at: available.address)
      return .bufferTooSmall
    }
    try memory.fill(at: relative.address, count: size)
    try memory.modify(relative) {
      $0.revision = SecurityDescriptor.revision
      $0.control = control.union(.selfRelative)
    }
    try memory[relative].store(memory[descriptor].sbz1, in: \.sbz1)
    for part in SecurityDescriptorPart.allCases {
      let address = try address(of: part, in: descriptor)
      guard address != .null else { continue }
      let size =
        part.isSID
        ? try length(of: GuestPointer<SID>(address))
        : Int(try memory[GuestPointer<ACL>(address)].aclSize)
      try memory.copy(from: address, to: relative.address + offset, count: size)
      try memory[relative].store(UInt32(offset), in: part.relativeField)
      offset += try length(of: part, at: address)
    }
    return .success
  }
}
