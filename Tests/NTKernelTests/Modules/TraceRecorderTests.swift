import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct TraceRecorderTests {
  private static let hosts = [
    Host(release: .win8, architecture: .x86), Host(release: .win10_1607, architecture: .x64),
  ]

  private func place(_ text: String, _ fixture: KernelFixture) throws -> VirtualAddress {
    let units = Array(text.utf16)
    let size = CountedString.size(on: fixture.architecture)
    let block = try fixture.allocate(size + units.count * 2)
    for (index, unit) in units.enumerated() {
      try fixture.memory.store(unit, at: block + (size + index * 2))
    }
    try fixture.memory.set(
      GuestPointer(block),
      buffer: block + size,
      length: units.count * 2,
      maximumLength: units.count * 2
    )
    return block
  }

  @Test(arguments: hosts)
  func `a driver's default log is there between WppAutoLogStart and WppAutoLogStop`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let control = try fixture.allocate(0x80)
    let key = fixture.kernel.registry.makeServiceKey("Traced", imagePath: "traced.sys")
    let path = try place(key.path, fixture)
    func isAvailable() throws -> Bool {
      try fixture.call("imp_WppRecorderIsDefaultLogAvailable", control) & 0xFF != 0
    }
    #expect(try !isAvailable())
    try fixture.call("WppAutoLogStart", control, VirtualAddress.null, path)
    #expect(try isAvailable())
    let log = try fixture.pointer("imp_WppRecorderLogGetDefault", control)
    let field = control + (host.architecture == .x86 ? 0x30 : 0x40)
    #expect(try fixture.memory.load(VirtualAddress.self, at: field) == log)
    try fixture.call("WppAutoLogStop", control, VirtualAddress.null)
    #expect(try !isAvailable())
    #expect(try fixture.pointer("imp_WppRecorderLogGetDefault", control) == .null)
    #expect(throws: Unmodelled.self) {
      try fixture.call("imp_WppRecorderLogDelete", control, log)
    }
  }

  @Test(arguments: hosts)
  func `the registry asks for verbose messages`(host: Host) throws {
    let fixture = try host.fixture()
    let control = try fixture.allocate(0x80)
    let registry = fixture.kernel.registry
    let key = registry.makeServiceKey("Traced", imagePath: "traced.sys")
    registry.makeKey(#"MACHINE\SYSTEM\ControlSet001\Services\Traced\Parameters"#)
      .setValue(RegistryValue("VerboseOn", 1))
    let path = try place(key.path, fixture)
    try fixture.call("WppAutoLogStart", control, VirtualAddress.null, path)
    let field = control + (host.architecture == .x86 ? 0x34 : 0x48)
    #expect(try fixture.memory.load(UInt16.self, at: field) == 1)
  }

  @Test(arguments: hosts)
  func `a log of its own is made, written and deleted`(host: Host) throws {
    let fixture = try host.fixture()
    let control = try fixture.allocate(0x80)
    let parameters = try fixture.allocate(0x40)
    try fixture.memory.store(UInt32(0x1000), at: parameters + 8)
    let result = try fixture.allocate(8)
    #expect(try fixture.status("imp_WppRecorderLogCreate", control, parameters, result) == .success)
    let log: VirtualAddress = try fixture.memory.load(at: result)
    let text = try fixture.allocate(16)
    let status = try fixture.status(
      "WppAutoLogTrace",
      log,
      UInt8(4),
      UInt32(1),
      text,
      UInt16(10),
      text,
      GuestWord(16),
      VirtualAddress.null
    )
    #expect(status == .success)
    #expect(throws: GuestFault.self) {
      try fixture.call(
        "WppAutoLogTrace",
        log,
        UInt8(4),
        UInt32(1),
        text,
        UInt16(10),
        VirtualAddress(rawValue: 0x10),
        GuestWord(16),
        VirtualAddress.null
      )
    }
    try fixture.call("imp_WppRecorderLogDelete", control, log)
  }
}
