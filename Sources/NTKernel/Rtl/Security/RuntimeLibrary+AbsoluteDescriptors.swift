import GuestABI
import NTStructures

/// Security descriptors that become absolute, and what their control bits say.
extension RuntimeLibrary {
  private typealias Pointer = GuestPointer<SecurityDescriptor>

  var absoluteDescriptorExports: [Export] {
    [
      export("RtlSelfRelativeToAbsoluteSD", to: makeAbsolute(_:_:_:_:_:_:_:_:_:_:_:)),
      export("RtlGetControlSecurityDescriptor") {
        [self]
        (descriptor: Pointer, control: GuestPointer<UInt16>, revision: GuestPointer<UInt32>) in
        let found = try memory[descriptor].revision
        try memory.store(UInt32(found), at: revision.address)
        guard found == SecurityDescriptor.revision else { return NTStatus.unknownRevision }
        try memory.store(memory[descriptor].control.rawValue, at: control.address)
        return .success
      },
      export("RtlSetControlSecurityDescriptor") {
        [self] (descriptor: Pointer, mask: UInt16, bits: UInt16) in
        // The bits of automatic inheritance, of the list's protection, and of trust: the others say
        // what the descriptor holds.
        guard mask & ~0x3FC0 == 0, bits & ~mask == 0 else { return NTStatus.invalidParameter }
        let control = try memory[descriptor].control.rawValue & ~mask | bits
        try memory[descriptor].store(SecurityControl(rawValue: control), in: \.control)
        return .success
      },
      export("RtlValidRelativeSecurityDescriptor") {
        [self] (descriptor: VirtualAddress, size: UInt32, required: UInt32) in
        try isValidRelative(descriptor, Int(size), required)
      },
    ]
  }

  /// Copies the parts of a self-relative descriptor into the caller's buffers.
  ///
  /// The corresponding kernel routine is `RtlSelfRelativeToAbsoluteSD`.
  private func makeAbsolute(
    _ source: GuestPointer<SecurityDescriptor>,
    _ descriptor: GuestPointer<SecurityDescriptor>,
    _ descriptorSize: GuestPointer<UInt32>,
    _ dacl: VirtualAddress,
    _ daclSize: GuestPointer<UInt32>,
    _ sacl: VirtualAddress,
    _ saclSize: GuestPointer<UInt32>,
    _ owner: VirtualAddress,
    _ ownerSize: GuestPointer<UInt32>,
    _ group: VirtualAddress,
    _ groupSize: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let control = try memory[source].control
    guard control.contains(.selfRelative) else { return .badDescriptorFormat }
    let places: [(part: SecurityDescriptorPart, buffer: VirtualAddress, GuestPointer<UInt32>)] = [
      (.owner, owner, ownerSize), (.group, group, groupSize), (.dacl, dacl, daclSize),
      (.sacl, sacl, saclSize),
    ]
    let size = UInt32(SecurityDescriptor.size(on: memory.architecture))
    var fits = try memory.load(UInt32.self, at: descriptorSize.address) >= size
    var lengths: [UInt32] = []
    for (part, _, available) in places {
      let length = UInt32(try self.length(of: part, at: address(of: part, in: source)))
      lengths.append(length)
      let room = try memory.load(UInt32.self, at: available.address)
      if length > room { fits = false }
    }
    guard fits else {
      try memory.store(size, at: descriptorSize.address)
      for (place, length) in zip(places, lengths) { try memory.store(length, at: place.2.address) }
      return .bufferTooSmall
    }
    try memory.fill(at: descriptor.address, count: Int(size))
    try memory[descriptor].store(SecurityDescriptor.revision, in: \.revision)
    try memory[descriptor].store(control.subtracting(.selfRelative), in: \.control)
    for (place, length) in zip(places, lengths) where length > 0 {
      let from = try address(of: place.part, in: source)
      try memory.copy(from: from, to: place.buffer, count: Int(length))
      try memory[descriptor].store(place.buffer, in: place.part.field)
    }
    return .success
  }

  /// Returns whether a self-relative descriptor lies within a buffer and is well formed.
  ///
  /// The corresponding kernel routine is `RtlValidRelativeSecurityDescriptor`. What is required is a
  /// `SECURITY_INFORMATION`: the parts that must be there.
  private func isValidRelative(
    _ address: VirtualAddress,
    _ size: Int,
    _ required: UInt32
  ) throws -> Bool {
    let header = RelativeSecurityDescriptor.size(on: memory.architecture)
    guard size >= header else { return false }
    let relative = GuestPointer<RelativeSecurityDescriptor>(address)
    let control = try memory[relative].control
    guard try memory[relative].revision == SecurityDescriptor.revision,
      control.contains(.selfRelative)
    else { return false }
    let parts: [(SecurityDescriptorPart, bit: UInt32)] = [
      (.owner, 1), (.group, 2), (.dacl, 4), (.sacl, 8),
    ]
    for (part, bit) in parts {
      let offset = Int(try memory[relative][dynamicMember: part.relativeField])
      guard control.isSuperset(of: part.present), offset != 0 else {
        // An owner or group that is required must be there; a list need not.
        if part.isSID, required & bit != 0 { return false }
        continue
      }
      guard offset >= header, offset <= size - 8, offset % 4 == 0 else { return false }
      let place = address + offset
      let length =
        part.isSID
        ? try length(of: GuestPointer<SID>(place))
        : Int(try memory[GuestPointer<ACL>(place)].aclSize)
      guard length <= size - offset else { return false }
      let isValid =
        part.isSID
        ? try isValid(GuestPointer<SID>(place)) : try isValid(GuestPointer<ACL>(place))
      guard isValid else { return false }
    }
    return true
  }
}
