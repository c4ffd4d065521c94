import GuestABI
import NTReleases
import NTStructures
import Testing

@testable import NTKernel

@Suite struct MmSecureVirtualMemoryTests {
  /// The hosts whose release exports the routines (KD-066).
  static let hosts = Host.all.filter { $0.release >= .nt351 }

  @Test func `NT 3.51 is the first release that exports the routines`() {
    for name in ["MmSecureVirtualMemory", "MmUnsecureVirtualMemory"] {
      for release in [Release.nt310, .nt350, .nt350sp3, .nt351, .wxp] {
        let availability = ExportHistory.availability(of: name, by: release, on: .x86)
        #expect(availability.isExported == (release >= .nt351))
      }
    }
  }

  @Test(arguments: hosts)
  func `a secured range can be freed and protected more only when it is not secured any more`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    let buffer = try manager.allocateUserBuffer(0x2000, byteOffset: 0x10)
    let page = buffer + -0x10
    let range = page..<page + 0x3000
    #expect(manager.allowsFreeing(range))
    let secure = { (mode: UInt32) in
      try fixture.pointer("MmSecureVirtualMemory", buffer, GuestWord(0x2000), mode)
    }
    let readable = try secure(2)
    #expect(readable != .null)
    #expect(!manager.allowsFreeing(range))
    #expect(!manager.allowsProtection(of: range, isReadable: false, isWritable: false))
    #expect(manager.allowsProtection(of: range, isReadable: true, isWritable: false))
    let writable = try secure(4)
    #expect(writable != .null && writable != readable)
    #expect(!manager.allowsProtection(of: range, isReadable: true, isWritable: false))
    #expect(manager.allowsProtection(of: range, isReadable: true, isWritable: true))
    #expect(manager.allowsFreeing(range.upperBound..<range.upperBound + 4096))
    try fixture.call("MmUnsecureVirtualMemory", writable)
    #expect(manager.allowsProtection(of: range, isReadable: true, isWritable: false))
    try fixture.call("MmUnsecureVirtualMemory", readable)
    #expect(manager.allowsFreeing(range))
    // A second time there is nothing to take back.
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("MmUnsecureVirtualMemory", readable)
    }
    #expect(error?.code.rawValue == 0x1A)
    #expect(error?.parameters[0] == 0x15000)
  }

  @Test(arguments: Host.few.filter { $0.release >= .nt351 })
  func `what cannot be secured gets no handle`(host: Host) throws {
    let fixture = try host.fixture()
    let buffer = try fixture.manager.allocateUserBuffer(0x2000, byteOffset: 0)
    let entry = try #require(fixture.memory.tables.entry(for: buffer + 0x1000))
    let pte = fixture.memory.tables.load(entry)
    fixture.memory.tables.store(pte.subtracting(.writable), at: entry)
    let secure = { (address: VirtualAddress, count: UInt64, mode: UInt32) in
      try fixture.pointer("MmSecureVirtualMemory", address, GuestWord(count), mode)
    }
    // Not writable, not there, of the system, and around the end of the addresses.
    #expect(try secure(buffer, 0x2000, 4) == .null)
    #expect(try secure(buffer, 0x2000, 2) != .null)
    #expect(try secure(buffer, 0x2001, 2) == .null)
    #expect(try secure(try fixture.allocate(4096), 4096, 2) == .null)
    let most: UInt64 = host.architecture == .x86 ? 0xFFFF_FFFF : .max
    #expect(try secure(buffer, most, 2) == .null)
    let extended = { (flags: UInt32) in
      try fixture.pointer("MmSecureVirtualMemoryEx", buffer, GuestWord(1), UInt32(4), flags)
    }
    #expect(try extended(0) != .null)
    #expect(throws: Unmodelled.self) { try extended(1) }
    #expect(throws: Unmodelled.self) { try secure(buffer, 0, 2) }
    #expect(throws: Unmodelled.self) { try secure(buffer, 1, 1) }
  }

  @Test(arguments: Host.few.filter { $0.release >= .nt351 })
  func `a range is unsecured in the process that it was secured in, or when that ends`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let manager = fixture.manager
    let here = manager.currentSpace
    let there = try manager.makeAddressSpace()
    there.process = try fixture.allocate(16)
    manager.activate(there)
    let buffer = try manager.allocateUserBuffer(0x1000, byteOffset: 0)
    let range = buffer..<buffer + 0x1000
    let handle = try fixture.pointer(
      "MmSecureVirtualMemory",
      buffer,
      GuestWord(0x1000),
      UInt32(4)
    )
    #expect(!manager.allowsFreeing(range))
    manager.activate(here)
    #expect(manager.allowsFreeing(range))
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("MmUnsecureVirtualMemory", handle)
    }
    #expect(error?.parameters == [0x15000, buffer.rawValue, nil, nil])
    try manager.delete(there)
    let again = #expect(throws: BugCheck.self) {
      try fixture.call("MmUnsecureVirtualMemory", handle)
    }
    #expect(again?.parameters == [0x15000, nil, nil, nil])
  }
}
