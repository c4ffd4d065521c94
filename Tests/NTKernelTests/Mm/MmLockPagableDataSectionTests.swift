import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct MmLockPagableDataSectionTests {
  /// The hosts whose release exports the routine under its present name.
  static let hosts = Host.all.filter { $0.release >= .nt351 }

  /// Loads an image with the sections `.text`, of one page, and `PAGE`, of two.
  private func load(_ fixture: KernelFixture) throws -> VirtualAddress {
    let base = try #require(try fixture.manager.reserveImage(pageCount: 5))
    let pages = Array(repeating: HardwarePTE.writable, count: 5)
    #expect(try fixture.manager.mapImage(at: base, protections: pages))
    let memory = fixture.memory
    try memory.store(UInt32(0x80), at: base + 0x3C)
    try memory.store(UInt16(2), at: base + (0x80 + 6))
    try memory.store(UInt16(0xE0), at: base + (0x80 + 20))
    for (index, (start, count)) in [(0x1000, 0x800), (0x2000, 0x1800)].enumerated() {
      let header = base + (0x80 + 24 + 0xE0 + index * 40)
      try memory.store(UInt32(count), at: header + 8)
      try memory.store(UInt32(start), at: header + 12)
    }
    return base
  }

  @Test(arguments: hosts)
  func `locks of a section are counted`(host: Host) throws {
    let fixture = try host.fixture()
    let base = try load(fixture)
    let image = base..<base + 5 * 4096
    let handle = try fixture.pointer("MmLockPagableDataSection", base + 0x2004)
    #expect(handle != .null)
    // Any address of the section will do.
    #expect(try fixture.pointer("MmLockPagableDataSection", base + 0x37FF) == handle)
    #expect(try fixture.pointer("MmLockPagableImageSection", base + 0x2000) == handle)
    #expect(try fixture.pointer("MmLockPagableDataSection", base + 0x1000) != handle)
    try fixture.call("MmLockPagableSectionByHandle", handle)
    #expect(fixture.manager.lockedSections(of: image).map(\.count) == [1, 4])
    for _ in 0..<4 { try fixture.call("MmUnlockPagableImageSection", handle) }
    #expect(fixture.manager.lockedSections(of: image).map(\.count) == [1])
    let error = #expect(throws: BugCheck.self) {
      try fixture.call("MmUnlockPagableImageSection", handle)
    }
    #expect(error?.code.rawValue == 0x1A)
    #expect(error?.parameters[0] == 0x1010)
    // A handle is valid for as long as the driver is loaded.
    try fixture.call("MmLockPagableSectionByHandle", handle)
    fixture.manager.unmapImage(at: base)
    #expect(fixture.manager.lockedSections(of: image).isEmpty)
    #expect(throws: Unmodelled.self) {
      try fixture.call("MmLockPagableSectionByHandle", handle)
    }
  }

  @Test(arguments: Host.few)
  func `an address in no section stops the machine`(host: Host) throws {
    let fixture = try host.fixture()
    let base = try load(fixture)
    // The header, between and behind the sections, and no image at all.
    for address in [base, base + 0x1800, base + 0x3800, try fixture.allocate(16), .null] {
      let error = #expect(throws: BugCheck.self) {
        try fixture.call("MmLockPagableDataSection", address)
      }
      #expect(error?.code.rawValue == 0x1A)
      #expect(error?.parameters[0] == 0x1234)
    }
    // Headers that a driver has overwritten.
    try fixture.memory.store(UInt32.max, at: base + 0x3C)
    #expect(throws: BugCheck.self) {
      try fixture.call("MmLockPagableDataSection", base + 0x2000)
    }
    try fixture.memory.store(UInt32(0x4FFC), at: base + 0x3C)
    #expect(throws: GuestFault.self) {
      try fixture.call("MmLockPagableDataSection", base + 0x2000)
    }
  }

  @Test(arguments: hosts)
  func `MmPageEntireDriver returns where the driver begins`(host: Host) throws {
    let fixture = try host.fixture()
    let base = try load(fixture)
    for offset in [0, 0x1234, 0x4FFF] {
      #expect(try fixture.pointer("MmPageEntireDriver", base + offset) == base)
      try fixture.call("MmResetDriverPaging", base + offset)
    }
    let pool = try fixture.allocate(16)
    #expect(throws: Unmodelled.self) { try fixture.call("MmPageEntireDriver", pool) }
    #expect(throws: Unmodelled.self) { try fixture.call("MmResetDriverPaging", pool) }
  }

  @Test(arguments: Host.few)
  func `only resident memory of the system is valid as nonpaged`(host: Host) throws {
    let fixture = try host.fixture()
    let isValid = { (address: VirtualAddress) in
      try fixture.call("MmIsNonPagedSystemAddressValid", address) & 0xFF == 1
    }
    #expect(try isValid(try fixture.allocate(16)))
    #expect(try isValid(try load(fixture)))
    let paged = try #require(try fixture.manager.allocatePool(16, .paged, tag: 0x7473_6554))
    #expect(try !isValid(paged))
    #expect(try !isValid(fixture.manager.allocateUserBuffer(16, byteOffset: 0)))
    #expect(try !isValid(fixture.manager.layout.systemPTEs.lowerBound))
    #expect(try fixture.call("MmIsRecursiveIoFault") & 0xFF == 0)
  }
}
