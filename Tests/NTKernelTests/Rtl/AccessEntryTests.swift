import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct AccessEntryTests {
  private func sid(_ fixture: RuntimeFixture, _ authority: UInt8, _ parts: [UInt32]) throws
    -> VirtualAddress
  {
    var bytes: [UInt8] = [1, UInt8(parts.count), 0, 0, 0, 0, 0, authority]
    for part in parts { bytes += (0..<4).map { UInt8(truncatingIfNeeded: part >> (8 * $0)) } }
    return try fixture.bytes(bytes)
  }

  /// An entry that allows rights to the world.
  private func entry(_ mask: UInt8) -> [UInt8] {
    [0, 0, 20, 0, mask, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
  }

  @Test(arguments: Architecture.allCases)
  func `entries are put anywhere and taken away`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let acl = fixture.allocate(100)
    let (size, revision): (UInt32, UInt32) = (88, 2)
    #expect(try fixture.status("RtlCreateAcl", acl, size, revision) == .success)
    func add(_ masks: [UInt8], at index: UInt32) throws -> NTStatus {
      let list = masks.flatMap { entry($0) }
      let bytes = try fixture.bytes(list)
      return try fixture.status("RtlAddAce", acl, revision, index, bytes, UInt32(list.count))
    }
    func masks() throws -> [UInt8] {
      let count = try fixture.memory.load(UInt16.self, at: acl + 4)
      return try (0..<Int(count)).map {
        try fixture.memory.load(UInt8.self, at: acl + (8 + $0 * 20 + 4))
      }
    }
    #expect(try add([1, 2], at: .max) == .success)
    #expect(try add([3], at: 0) == .success)
    #expect(try masks() == [3, 1, 2])
    #expect(try add([4], at: 1) == .success)
    #expect(try masks() == [3, 4, 1, 2])
    #expect(try add([5], at: 0) == .bufferTooSmall)
    #expect(try fixture.status("RtlDeleteAce", acl, UInt32(1)) == .success)
    #expect(try masks() == [3, 1, 2])
    #expect(try fixture.status("RtlDeleteAce", acl, UInt32(3)) == .invalidParameter)
    #expect(try fixture.call("RtlValidAcl", acl) & 1 == 1)
    let index = fixture.allocate(4)
    try fixture.memory.store(UInt32(1), at: index)
    let found = try fixture.call("RtlFindAceByType", acl, UInt8(0), index)
    #expect(found == (acl + 28).rawValue)
    #expect(try fixture.call("RtlFindAceByType", acl, UInt8(1), VirtualAddress.null) == 0)
  }

  @Test(arguments: Architecture.allCases)
  func `identifiers become text`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let user = try sid(fixture, 5, [21, 1, 2, 500])
    let string = try fixture.counted(.null, 0, 0)
    let name = "RtlConvertSidToUnicodeString"
    #expect(try fixture.status(name, string, user, true) == .success)
    #expect(try fixture.wideText(at: fixture.memory[string].buffer) == "S-1-5-21-1-2-500")
    let small = try fixture.counted(fixture.allocate(8), 0, 8)
    #expect(try fixture.status(name, small, user, false) == .bufferOverflow)
  }

  @Test(arguments: Architecture.allCases)
  func `generic rights become those of the object`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let (mask, mapping) = (fixture.allocate(4), fixture.allocate(16))
    for index in 0..<4 { try fixture.memory.store(UInt32(1) << index, at: mapping + index * 4) }
    try fixture.memory.store(UInt32(0xA000_0100), at: mask)
    _ = try fixture.registers("RtlMapGenericMask", mask, mapping)
    #expect(try fixture.memory.load(UInt32.self, at: mask) == 0x105)
    #expect(try fixture.call("RtlAreAllAccessesGranted", UInt32(7), UInt32(5)) & 1 == 1)
    #expect(try fixture.call("RtlAreAllAccessesGranted", UInt32(3), UInt32(5)) & 1 == 0)
    #expect(try fixture.call("RtlAreAnyAccessesGranted", UInt32(3), UInt32(5)) & 1 == 1)
  }

  @Test(arguments: Architecture.allCases)
  func `a self-relative descriptor becomes absolute again`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let owner = try sid(fixture, 5, [18])
    let descriptor = fixture.allocate(0x40)
    let revision: UInt32 = 1
    _ = try fixture.status("RtlCreateSecurityDescriptor", descriptor, revision)
    _ = try fixture.status("RtlSetOwnerSecurityDescriptor", descriptor, owner, false)
    let (relative, size) = (fixture.allocate(0x80), fixture.allocate(4))
    try fixture.memory.store(UInt32(0x80), at: size)
    let packed = try fixture.status("RtlAbsoluteToSelfRelativeSD", descriptor, relative, size)
    #expect(packed == .success)
    let length = try fixture.call("RtlLengthSecurityDescriptor", relative)
    let isValid = try fixture.call(
      "RtlValidRelativeSecurityDescriptor",
      relative,
      UInt32(length),
      UInt32(1)
    )
    #expect(isValid & 1 == 1)
    let isTooSmall = try fixture.call(
      "RtlValidRelativeSecurityDescriptor",
      relative,
      UInt32(length - 1),
      UInt32(1)
    )
    #expect(isTooSmall & 1 == 0)
    let buffers = (0..<5).map { _ in fixture.allocate(0x40) }
    let sizes = (0..<5).map { _ in fixture.allocate(4) }
    func unpack(_ room: UInt32) throws -> NTStatus {
      for size in sizes { try fixture.memory.store(room, at: size) }
      return try fixture.status(
        "RtlSelfRelativeToAbsoluteSD",
        relative,
        buffers[0],
        sizes[0],
        buffers[1],
        sizes[1],
        buffers[2],
        sizes[2],
        buffers[3],
        sizes[3],
        buffers[4],
        sizes[4]
      )
    }
    #expect(try unpack(0) == .bufferTooSmall)
    let needed = try sizes.map { try fixture.memory.load(UInt32.self, at: $0) }
    #expect(needed == [architecture == .x86 ? 0x14 : 0x28, 0, 0, 12, 0])
    #expect(try unpack(0x40) == .success)
    let (found, isDefaulted) = (fixture.allocate(8), fixture.allocate(1))
    let name = "RtlGetOwnerSecurityDescriptor"
    #expect(try fixture.status(name, buffers[0], found, isDefaulted) == .success)
    let place = try fixture.memory.load(VirtualAddress.self, at: found)
    #expect(place == buffers[3])
    #expect(try fixture.call("RtlEqualSid", place, owner) & 1 == 1)
  }

  @Test(arguments: Architecture.allCases)
  func `checksums, products and statuses are known numbers`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    // The check value of this CRC is that of the digits 1 to 9.
    let digits = try fixture.string("123456789")
    let crc = try fixture.call("RtlComputeCrc32", UInt32(0), digits, Int32(9))
    #expect(crc & 0xFFFF_FFFF == 0xCBF4_3926)
    let half = UInt32(
      truncatingIfNeeded: try fixture.call("RtlCrc32", digits, GuestWord(4), UInt32(0))
    )
    let rest = try fixture.call("RtlCrc32", digits + 4, GuestWord(5), half)
    #expect(rest & 0xFFFF_FFFF == 0xCBF4_3926)
    #expect(try fixture.call("RtlNtStatusToDosError", NTStatus.accessDenied) & 0xFFFF_FFFF == 5)
    #expect(throws: Unmodelled.self) {
      try fixture.call("RtlNtStatusToDosError", NTStatus(0xC000_0FFF))
    }
  }
}
