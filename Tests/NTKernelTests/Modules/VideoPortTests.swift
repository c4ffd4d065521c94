import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct VideoPortTests {
  /// A miniport, as `VideoPortInitialize` sees it.
  private struct Miniport {
    let fixture: KernelFixture
    let driver: GuestPointer<DriverObject>
    let path: VirtualAddress
    let data: VirtualAddress

    init(_ host: Host) throws {
      fixture = try host.fixture()
      let key = fixture.kernel.registry.makeServiceKey("Video", imagePath: "video.sys")
      let made = try fixture.kernel.io.createDriver(
        "Video",
        registryPath: key.path,
        image: VirtualAddress(rawValue: 0x1000)..<VirtualAddress(rawValue: 0x2000),
        entryPoint: VirtualAddress(rawValue: 0x1000)
      )
      driver = made.driver
      path = made.registryPath.address
      data = try fixture.allocate(0x100)
      let is32Bit = host.architecture == .x86
      try fixture.memory.store(UInt32(is32Bit ? 0x54 : 0x90), at: data)
      try fixture.memory.store(UInt32(64), at: data + (is32Bit ? 0x18 : 0x28))
    }

    func initialize(_ body: @escaping (GuestCall) throws -> UInt64) throws -> NTStatus {
      try fixture.memory.store(fixture.routine(body), at: data + 8)
      return try fixture.status("VideoPortInitialize", driver, path, data, VirtualAddress.null)
    }
  }

  private static let nt4 = Host(release: .nt400sp6a, architecture: .x86)

  @Test(arguments: [
    Host(release: .w2k, architecture: .x86), Host(release: .win7, architecture: .x64),
  ])
  func `from Windows 2000 on Plug and Play tells a miniport of its adapter`(host: Host) throws {
    let miniport = try Miniport(host)
    #expect(try miniport.initialize { _ in 55 } == .success)
    let memory = miniport.fixture.memory
    #expect(try !memory[memory[miniport.driver].driverExtension].addDevice.isNull)
  }

  @Test func `before, a miniport looks for adapters until it has seen enough`() throws {
    let miniport = try Miniport(Self.nt4)
    let memory = miniport.fixture.memory
    var calls = 0
    let status = try miniport.initialize { call in
      calls += 1
      let again = VirtualAddress(rawValue: call.arguments[4].bits)
      try memory.store(UInt8(calls < 3 ? 1 : 0), at: again)
      return 55
    }
    #expect(calls == 3)
    #expect(!status.isSuccess)
  }

  @Test func `a miniport that always wants to be called again is stopped`() throws {
    let miniport = try Miniport(Self.nt4)
    var calls = 0
    let status = try miniport.initialize { call in
      calls += 1
      try miniport.fixture.memory.store(
        UInt8(1),
        at: VirtualAddress(rawValue: call.arguments[4].bits)
      )
      return 55
    }
    #expect(calls == 16)
    #expect(!status.isSuccess)
  }

  @Test func `an adapter that is found is not modelled`() throws {
    let miniport = try Miniport(Self.nt4)
    #expect(throws: Unmodelled.self) { try miniport.initialize { _ in 0 } }
  }

  @Test func `a miniport's parameters are written, and read back through its routine`() throws {
    let miniport = try Miniport(Self.nt4)
    let fixture = miniport.fixture
    let memory = fixture.memory
    let name = try fixture.allocate(16)
    for (index, unit) in "Mode".utf16.enumerated() { try memory.store(unit, at: name + index * 2) }
    let data = try fixture.allocate(8)
    try memory.store(UInt32(0x1234_5678), at: data)
    var read: [UInt8] = []
    let reader = fixture.routine { call in
      let size = Int(call.arguments[4].bits)
      read = try memory.bytes(at: VirtualAddress(rawValue: call.arguments[3].bits), count: size)
      return 0
    }
    var results: [UInt64] = []
    _ = try miniport.initialize { call in
      let device = VirtualAddress(rawValue: call.arguments[0].bits)
      func get() throws -> UInt64 {
        try fixture.call(
          "VideoPortGetRegistryParameters",
          device,
          name,
          false,
          reader,
          VirtualAddress.null
        )
      }
      results.append(try get())
      results.append(
        try fixture.call("VideoPortSetRegistryParameters", device, name, data, UInt32(4))
      )
      results.append(try get())
      return 55
    }
    #expect(results == [87, 0, 0])
    #expect(read == [0x78, 0x56, 0x34, 0x12])
  }

  @Test func `memory and ports of an adapter are mapped and unmapped`() throws {
    let miniport = try Miniport(Self.nt4)
    let fixture = miniport.fixture
    let memory = fixture.memory
    let cell = try fixture.allocate(32)
    var mapped: [VirtualAddress] = []
    _ = try miniport.initialize { call in
      let device = VirtualAddress(rawValue: call.arguments[0].bits)
      for (physical, space) in [(UInt64(0xE000_0000), UInt32(0)), (0x3C0, 1)] {
        try memory.store(UInt32(0x1000), at: cell)
        try memory.store(space, at: cell + 8)
        let status = try fixture.call(
          "VideoPortMapMemory",
          device,
          physical,
          cell,
          cell + 8,
          cell + 16
        )
        #expect(status == 0)
        let address: VirtualAddress = try memory.load(at: cell + 16)
        mapped.append(address)
        #expect(
          try fixture.call("VideoPortUnmapMemory", device, address, VirtualAddress.null) == 0
        )
      }
      return 55
    }
    #expect(mapped.count == 2)
    #expect(mapped.last == VirtualAddress(rawValue: 0x3C0))
    #expect(mapped.first != .null)
  }

  @Test(arguments: ["VideoPortReadPortUchar", "VideoPortWriteRegisterBufferUlong"])
  func `what the module passes on is the HAL's or the kernel's`(name: String) throws {
    let found = try #require(
      ExportHistory.resolve(name, importedFrom: "VIDEOPRT.SYS", by: .wxp, on: .x86)
    )
    #expect(found.isForwarded && found.availability.isExported)
    #expect(!ExportHistory.records(of: found.name).isEmpty)
    let fixture = try KernelFixture(.wxp, .x86)
    #expect(fixture.kernel.exports.contains { $0.name == found.name })
  }
}
