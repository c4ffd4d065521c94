import GuestABI
import NTStructures

/// Security descriptors.
extension RuntimeLibrary {
  private typealias Pointer = GuestPointer<SecurityDescriptor>

  var securityDescriptorExports: [Export] {
    [
      export("RtlCreateSecurityDescriptor") { [self] (descriptor: Pointer, revision: UInt32) in
        guard revision == SecurityDescriptor.revision else { return NTStatus.unknownRevision }
        let size = SecurityDescriptor.size(on: memory.architecture)
        try memory.fill(at: descriptor.address, count: size)
        try memory[descriptor].store(SecurityDescriptor.revision, in: \.revision)
        return .success
      },
      setSID("RtlSetOwnerSecurityDescriptor", .owner),
      setSID("RtlSetGroupSecurityDescriptor", .group),
      setACL("RtlSetDaclSecurityDescriptor", .dacl),
      setACL("RtlSetSaclSecurityDescriptor", .sacl),
      getSID("RtlGetOwnerSecurityDescriptor", .owner),
      getSID("RtlGetGroupSecurityDescriptor", .group),
      getACL("RtlGetDaclSecurityDescriptor", .dacl),
      getACL("RtlGetSaclSecurityDescriptor", .sacl),
      export("RtlLengthSecurityDescriptor") { [self] (descriptor: Pointer) in
        UInt32(try length(of: descriptor))
      },
      export("RtlValidSecurityDescriptor") { [self] (descriptor: Pointer) in
        try reading("RtlValidSecurityDescriptor") { try isValid(descriptor) }
      },
      export("RtlAbsoluteToSelfRelativeSD", to: makeSelfRelative(_:to:size:)),
    ]
  }

  private func setSID(_ name: String, _ part: SecurityDescriptorPart) -> Export {
    export(name) { [self] (descriptor: Pointer, sid: VirtualAddress, isDefaulted: Bool) in
      try set(part, of: descriptor, to: sid, isDefaulted)
    }
  }

  private func setACL(_ name: String, _ part: SecurityDescriptorPart) -> Export {
    export(name) {
      [self] (descriptor: Pointer, isPresent: Bool, acl: VirtualAddress, isDefaulted: Bool) in
      try set(part, of: descriptor, to: isPresent ? acl : nil, isDefaulted)
    }
  }

  /// Points a descriptor, which must not be self-relative, at a part, or at none.
  private func set(
    _ part: SecurityDescriptorPart,
    of descriptor: Pointer,
    to address: VirtualAddress?,
    _ isDefaulted: Bool
  ) throws -> NTStatus {
    guard try memory[descriptor].revision == SecurityDescriptor.revision else {
      return .unknownRevision
    }
    var control = try memory[descriptor].control
    guard !control.contains(.selfRelative) else { return .invalidSecurityDescriptor }
    if let address {
      control.formUnion(part.present)
      control.subtract(part.defaulted)
      if isDefaulted { control.formUnion(part.defaulted) }
      try memory[descriptor].store(address, in: part.field)
    } else {
      control.subtract(part.present)
    }
    try memory[descriptor].store(control, in: \.control)
    return .success
  }

  private func getSID(_ name: String, _ part: SecurityDescriptorPart) -> Export {
    export(name) {
      [self]
      (
        descriptor: Pointer,
        sid: GuestPointer<VirtualAddress>,
        isDefaulted: GuestPointer<Bool>
      ) in
      guard try memory[descriptor].revision == SecurityDescriptor.revision else {
        return NTStatus.unknownRevision
      }
      try memory.store(address(of: part, in: descriptor), at: sid.address)
      let control = try memory[descriptor].control
      try memory.store(control.isSuperset(of: part.defaulted), at: isDefaulted.address)
      return .success
    }
  }

  private func getACL(_ name: String, _ part: SecurityDescriptorPart) -> Export {
    export(name) {
      [self]
      (
        descriptor: Pointer,
        isPresent: GuestPointer<Bool>,
        acl: GuestPointer<VirtualAddress>,
        isDefaulted: GuestPointer<Bool>
      ) in
      guard try memory[descriptor].revision == SecurityDescriptor.revision else {
        return NTStatus.unknownRevision
      }
      let control = try memory[descriptor].control
      try memory.store(control.isSuperset(of: part.present), at: isPresent.address)
      if control.isSuperset(of: part.present) {
        try memory.store(address(of: part, in: descriptor), at: acl.address)
        try memory.store(control.isSuperset(of: part.defaulted), at: isDefaulted.address)
      }
      return .success
    }
  }

  /// Returns where a part is, or null if there is none.
  func address(
    of part: SecurityDescriptorPart,
    in descriptor: GuestPointer<SecurityDescriptor>
  ) throws -> VirtualAddress {
    let control = try memory[descriptor].control
    guard control.isSuperset(of: part.present) else { return .null }
    guard control.contains(.selfRelative) else {
      return try memory[descriptor][dynamicMember: part.field]
    }
    let relative = GuestPointer<RelativeSecurityDescriptor>(descriptor.address)
    let offset = try memory[relative][dynamicMember: part.relativeField]
    return offset == 0 ? .null : descriptor.address + Int(offset)
  }

  /// Returns the bytes of a part that is at an address, rounded up to whole 32-bit words.
  func length(of part: SecurityDescriptorPart, at address: VirtualAddress) throws -> Int {
    if address == .null { return 0 }
    let size =
      part.isSID
      ? try length(of: GuestPointer<SID>(address))
      : Int(try memory[GuestPointer<ACL>(address)].aclSize)
    return (size + 3) & ~3
  }
}
