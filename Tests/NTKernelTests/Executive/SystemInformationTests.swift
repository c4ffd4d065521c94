import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// `ZwQuerySystemInformation`, class by class.
@Suite struct SystemInformationTests {
  /// A query of one class, and what came of it.
  private struct Answer {
    let status: NTStatus
    let length: UInt32
    let buffer: VirtualAddress
  }

  /// What the length is before a query.
  private static let untouched: UInt32 = 0xDEAD

  private func query(
    _ fixture: KernelFixture,
    _ number: UInt32,
    _ length: UInt32,
    first word: UInt32 = 0
  ) throws -> Answer {
    let buffer = try fixture.allocate(Int(length) + 16)
    let returned = try fixture.allocate(4)
    try fixture.memory.store(word, at: buffer)
    try fixture.memory.store(Self.untouched, at: returned)
    let status = try fixture.status("ZwQuerySystemInformation", number, buffer, length, returned)
    let stored: UInt32 = try fixture.memory.load(at: returned)
    return Answer(status: status, length: stored, buffer: buffer)
  }

  @Test(arguments: Host.all)
  func `basic information must fit exactly, and describes the machine`(host: Host) throws {
    let fixture = try host.fixture()
    let size: UInt32 = host.architecture == .x86 ? 0x2C : 0x40
    for length in [size - 1, size + 1, 0] {
      let answer = try query(fixture, 0, length)
      #expect(answer.status == .infoLengthMismatch)
      #expect(answer.length == (host.release >= .vista ? size : Self.untouched))
    }
    let answer = try query(fixture, 0, size)
    #expect(answer.status == .success && answer.length == size)
    let memory = fixture.memory
    #expect(try memory.load(UInt32.self, at: answer.buffer + 8) == 4096)
    #expect(try memory.load(UInt32.self, at: answer.buffer + 12) == 4096)
    let top: VirtualAddress = try memory.load(
      at: answer.buffer + (host.architecture == .x86 ? 0x20 : 0x28)
    )
    #expect(top == fixture.manager.layout.userProbeAddress + -1)
    #expect(
      try memory.load(UInt8.self, at: answer.buffer + (Int(size) - (size == 0x2C ? 4 : 8))) == 1
    )
  }

  @Test(arguments: Host.all)
  func `the time of day may be asked for in part since Windows 2000`(host: Host) throws {
    let fixture = try host.fixture()
    let full: UInt32 = host.release >= .w2k ? 0x30 : 0x20
    #expect(try query(fixture, 3, full).status == .success)
    #expect(try query(fixture, 3, full + 8).status == .infoLengthMismatch)
    let part = try query(fixture, 3, 0x10)
    #expect(part.status == (host.release >= .w2k ? .success : .infoLengthMismatch))
    guard part.status == .success else { return }
    #expect(part.length == 0x10)
    let now: UInt64 = try fixture.memory.load(at: part.buffer + 8)
    #expect(now == fixture.dispatcher.systemTime)
    #expect(try fixture.memory.load(UInt64.self, at: part.buffer) <= now)
  }

  @Test(arguments: Host.few)
  func `modules are listed whole or not at all`(host: Host) throws {
    let fixture = try host.fixture()
    let base = VirtualAddress(rawValue: 0xFF00_0000)
    let names = ["ntoskrnl.exe", "hal.dll", "driver.sys"]
    for (index, name) in names.enumerated() {
      let start = base + index * 0x1_0000
      try fixture.kernel.modules.add(
        name,
        path: "\\SystemRoot\\\(name)",
        range: start..<start + 0x8000,
        entryPoint: start,
        checksum: 0
      )
    }
    let size = host.architecture == .x86 ? 0x11C : 0x128
    let header = host.architecture == .x86 ? 4 : 8
    let needed = UInt32(header + 3 * size)
    for length in [0, 4, needed - 1] {
      let answer = try query(fixture, 11, length)
      #expect(answer.status == .infoLengthMismatch && answer.length == needed)
    }
    let answer = try query(fixture, 11, needed + 100)
    #expect(answer.status == .success && answer.length == needed)
    #expect(try fixture.memory.load(UInt32.self, at: answer.buffer) == 3)
    for (index, name) in names.enumerated() {
      let module = answer.buffer + (header + index * size)
      let path = module + (size - 256)
      let offset: UInt16 = try fixture.memory.load(at: path + -2)
      #expect(
        try fixture.memory.bytes(at: path + Int(offset), count: name.utf8.count + 1)
          == Array(name.utf8) + [0]
      )
      let image: VirtualAddress = try fixture.memory.load(at: module + 2 * header)
      #expect(image == base + index * 0x1_0000)
    }
    try fixture.kernel.modules.remove(base + 0x1_0000..<base + 0x1_8000)
    #expect(try query(fixture, 11, 0).length == UInt32(header + 2 * size))
  }

  @Test(arguments: Host.all)
  func `no debugger is present, and code integrity is that of the release`(host: Host) throws {
    let fixture = try host.fixture()
    let debugger = try query(fixture, 0x23, 8)
    #expect(debugger.status == .success && debugger.length == 2)
    #expect(try fixture.memory.load(UInt16.self, at: debugger.buffer) == 0x100)
    if host.release < .vista {
      #expect(try query(fixture, 0x67, 8, first: 8).status == .invalidInfoClass)
    } else if host.architecture == .x64 {
      #expect(try query(fixture, 0x67, 8, first: 4).status == .infoLengthMismatch)
      #expect(try query(fixture, 0x67, 8, first: 8).status == .success)
    }
    let start = try query(fixture, 0x32, UInt32(host.architecture.pointerSize))
    #expect(start.status == (host.release >= .w2k ? .success : .invalidInfoClass))
  }

  @Test(arguments: Host.few)
  func `a class that is not modelled is named by its number`(host: Host) throws {
    let fixture = try host.fixture()
    #expect(throws: Unmodelled("ZwQuerySystemInformation of class 0x7FFF")) {
      try query(fixture, 0x7FFF, 4)
    }
    #expect(throws: Unmodelled("ZwSetSystemInformation of class 0x26")) {
      try fixture.call("ZwSetSystemInformation", UInt32(0x26), VirtualAddress.null, UInt32(0))
    }
  }
}
