import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct SecurityDescriptorTests {
  /// Makes a SID with routines: `S-1-5-32-544` and its like.
  private func sid(_ fixture: RuntimeFixture, _ subAuthorities: UInt32...) throws -> VirtualAddress
  {
    let count = UInt8(subAuthorities.count)
    let sid = fixture.allocate(Int(try fixture.call("RtlLengthRequiredSid", UInt32(count))))
    let authority = try fixture.bytes([0, 0, 0, 0, 0, 5])
    #expect(try fixture.status("RtlInitializeSid", sid, authority, count) == .success)
    for (index, value) in subAuthorities.enumerated() {
      let place = try fixture.call("RtlSubAuthoritySid", sid, UInt32(index))
      try fixture.memory.store(value, at: VirtualAddress(rawValue: place))
    }
    return sid
  }

  private func acl(_ fixture: RuntimeFixture, _ size: UInt32) throws -> VirtualAddress {
    let acl = fixture.allocate(Int(size))
    #expect(try fixture.status("RtlCreateAcl", acl, size, UInt32(2)) == .success)
    return acl
  }

  @Test(arguments: Architecture.allCases)
  func `SIDs have their published bytes`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let administrators = try sid(fixture, 32, 544)
    #expect(
      try fixture.memory.bytes(at: administrators, count: 16)
        == [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]
    )
    #expect(try fixture.call("RtlLengthSid", administrators) == 16)
    #expect(try fixture.call("RtlValidSid", administrators) & 0xFF == 1)
    let copy = fixture.allocate(16)
    #expect(try fixture.status("RtlCopySid", UInt32(15), copy, administrators) == .bufferTooSmall)
    #expect(try fixture.status("RtlCopySid", UInt32(16), copy, administrators) == .success)
    #expect(try fixture.call("RtlEqualSid", copy, administrators) & 0xFF == 1)
    #expect(try fixture.call("RtlEqualSid", sid(fixture, 18), administrators) & 0xFF == 0)
    #expect(try fixture.call("RtlSubAuthorityCountSid", copy) == (copy + 1).rawValue)
    #expect(throws: Unmodelled.self) { try fixture.call("RtlValidSid", VirtualAddress.null) }
    try fixture.memory.store(UInt8(16), at: copy + 1)
    #expect(try fixture.call("RtlValidSid", copy) & 0xFF == 0)
    #expect(
      try fixture.status("RtlInitializeSid", copy, copy, UInt8(16)) == .invalidParameter
    )
  }

  @Test(arguments: Architecture.allCases)
  func `access-control lists grow until they are full`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let system = try sid(fixture, 18)
    let list = try acl(fixture, 8 + 20 * 2 + 16)
    let add = {
      try fixture.status("RtlAddAccessAllowedAce", list, UInt32(2), UInt32(0x1F_01FF), system)
    }
    #expect(try add() == .success)
    #expect(try add() == .success)
    #expect(try add() == NTStatus(0xC000_0099))
    #expect(try fixture.memory.load(UInt16.self, at: list + 4) == 2)
    let place = GuestPointer<VirtualAddress>(fixture.allocate(8))
    #expect(try fixture.status("RtlGetAce", list, UInt32(1), place) == .success)
    let ace = try fixture.memory.load(VirtualAddress.self, at: place.address)
    #expect(ace == list + 28)
    #expect(
      try fixture.memory.bytes(at: ace, count: 20)
        == [0, 0, 20, 0, 0xFF, 1, 0x1F, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]
    )
    #expect(try fixture.status("RtlGetAce", list, UInt32(2), place) == .invalidParameter)
    #expect(
      try fixture.status("RtlCreateAcl", list, UInt32(7), UInt32(2)) == .bufferTooSmall
    )
    #expect(
      try fixture.status("RtlCreateAcl", list, UInt32(8), UInt32(1)) == .invalidParameter
    )
    try fixture.memory.store(UInt16(0), at: ace + 2)
    #expect(try add() == .invalidACL)
    #expect(try fixture.call("RtlValidAcl", list) & 0xFF == 0)
  }

  @Test(arguments: Architecture.allCases)
  func `absolute descriptors become self-relative ones`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let headerSize = architecture == .x86 ? 0x14 : 0x28
    let descriptor = fixture.allocate(headerSize)
    let owner = try sid(fixture, 32, 544)
    let group = try sid(fixture, 18)
    let dacl = try acl(fixture, 8 + 20)
    _ = try fixture.status("RtlAddAccessAllowedAce", dacl, UInt32(2), UInt32(1), group)
    #expect(try fixture.status("RtlCreateSecurityDescriptor", descriptor, UInt32(1)) == .success)
    #expect(try fixture.call("RtlLengthSecurityDescriptor", descriptor) == UInt64(headerSize))
    _ = try fixture.status("RtlSetOwnerSecurityDescriptor", descriptor, owner, false)
    _ = try fixture.status("RtlSetGroupSecurityDescriptor", descriptor, group, true)
    _ = try fixture.status("RtlSetDaclSecurityDescriptor", descriptor, true, dacl, false)
    _ = try fixture.status("RtlSetSaclSecurityDescriptor", descriptor, false, dacl, false)
    #expect(try fixture.memory.load(UInt16.self, at: descriptor + 2) == 0x0006)
    #expect(
      try fixture.memory.load(
        VirtualAddress.self,
        at: descriptor + (headerSize - architecture.pointerSize)
      ) == dacl
    )
    let parts = 16 + 12 + 28
    #expect(
      try fixture.call("RtlLengthSecurityDescriptor", descriptor) == UInt64(headerSize + parts)
    )
    #expect(try fixture.call("RtlValidSecurityDescriptor", descriptor) & 0xFF == 1)

    let size = GuestPointer<UInt32>(fixture.allocate(4))
    let relative = fixture.allocate(128)
    #expect(
      try fixture.status("RtlAbsoluteToSelfRelativeSD", descriptor, relative, size)
        == .bufferTooSmall
    )
    #expect(try fixture.memory.load(UInt32.self, at: size.address) == UInt32(0x14 + parts))
    #expect(
      try fixture.status("RtlAbsoluteToSelfRelativeSD", descriptor, relative, size) == .success
    )
    #expect(try fixture.memory.load(UInt16.self, at: relative + 2) == 0x8006)
    #expect(try fixture.call("RtlLengthSecurityDescriptor", relative) == UInt64(0x14 + parts))
    #expect(try fixture.call("RtlValidSecurityDescriptor", relative) & 0xFF == 1)
    #expect(
      try fixture.status("RtlAbsoluteToSelfRelativeSD", relative, relative, size)
        == NTStatus(0xC000_00E7)
    )
    for original in [descriptor, relative] {
      try check(fixture, original, owner, group, dacl)
    }
    #expect(
      try fixture.status("RtlSetDaclSecurityDescriptor", relative, true, dacl, false)
        == .invalidSecurityDescriptor
    )
  }

  /// Checks that readers find the parts.
  private func check(
    _ fixture: RuntimeFixture,
    _ descriptor: VirtualAddress,
    _ owner: VirtualAddress,
    _ group: VirtualAddress,
    _ dacl: VirtualAddress
  ) throws {
    let place = GuestPointer<VirtualAddress>(fixture.allocate(8))
    let isPresent = GuestPointer<Bool>(fixture.allocate(1))
    let isDefaulted = GuestPointer<Bool>(fixture.allocate(1))
    for (part, expected, defaulted) in [("Owner", owner, false), ("Group", group, true)] {
      let status = try fixture.status(
        "RtlGet\(part)SecurityDescriptor",
        descriptor,
        place,
        isDefaulted
      )
      #expect(status == .success)
      let found = try fixture.memory.load(VirtualAddress.self, at: place.address)
      #expect(try fixture.call("RtlEqualSid", found, expected) & 0xFF == 1)
      #expect(try fixture.memory.load(Bool.self, at: isDefaulted.address) == defaulted)
    }
    _ = try fixture.status(
      "RtlGetDaclSecurityDescriptor",
      descriptor,
      isPresent,
      place,
      isDefaulted
    )
    #expect(try fixture.memory.load(Bool.self, at: isPresent.address))
    let found = try fixture.memory.load(VirtualAddress.self, at: place.address)
    #expect(
      try fixture.memory.bytes(at: found, count: 28) == fixture.memory.bytes(at: dacl, count: 28)
    )
    try fixture.memory.store(VirtualAddress(rawValue: 0x1234), at: place.address)
    _ = try fixture.status(
      "RtlGetSaclSecurityDescriptor",
      descriptor,
      isPresent,
      place,
      isDefaulted
    )
    #expect(try !fixture.memory.load(Bool.self, at: isPresent.address))
    #expect(try fixture.memory.load(VirtualAddress.self, at: place.address).rawValue == 0x1234)
  }

  @Test(arguments: Architecture.allCases)
  func `other revisions are refused`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let descriptor = fixture.allocate(0x28)
    let place = fixture.allocate(8)
    #expect(
      try fixture.status("RtlCreateSecurityDescriptor", descriptor, UInt32(2)) == .unknownRevision
    )
    #expect(
      try fixture.status("RtlGetOwnerSecurityDescriptor", descriptor, place, place)
        == .unknownRevision
    )
    #expect(try fixture.call("RtlValidSecurityDescriptor", descriptor) & 0xFF == 0)
  }
}
