import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct RegistryValueTests {
  struct Setup {
    let fixture: ObjectFixture
    let key: RegistryKey
    let handle: VirtualAddress
    let buffer: VirtualAddress
    let result: VirtualAddress

    init(_ architecture: Architecture) throws {
      fixture = try ObjectFixture(architecture)
      key = fixture.registry.makeServiceKey("Lockstep", imagePath: "lockstep.sys")
      handle = try fixture.open("ZwOpenKey", key.path)
      buffer = try fixture.allocate(0x200)
      result = try fixture.allocate(4)
    }

    func query(_ name: String, _ kind: UInt32, _ length: UInt32) throws -> NTStatus {
      try fixture.memory.fill(at: buffer, count: 0x200, with: 0x55)
      return try fixture.status(
        "ZwQueryValueKey",
        handle,
        fixture.string(name),
        kind,
        buffer,
        length,
        result
      )
    }

    func set(_ name: String, _ type: UInt32, _ data: [UInt8]) throws -> NTStatus {
      let address = try fixture.allocate(data.count)
      try fixture.memory.store(bytes: data, at: address)
      return try fixture.status(
        "ZwSetValueKey",
        handle,
        fixture.string(name),
        0 as UInt32,
        type,
        address,
        UInt32(data.count)
      )
    }
  }

  @Test(arguments: Architecture.allCases)
  func `partial information comes in three sizes`(architecture: Architecture) throws {
    let setup = try Setup(architecture)
    #expect(try setup.query("Start", 2, 0) == .bufferTooSmall)
    #expect(try setup.fixture.word(setup.result) == 16)
    #expect(try setup.query("Start", 2, 11) == .bufferTooSmall)
    #expect(try setup.fixture.word(setup.buffer) == 0x5555_5555)
    #expect(try setup.query("Start", 2, 12) == .bufferOverflow)
    #expect(try setup.fixture.word(setup.buffer) == 0)
    #expect(try setup.fixture.word(setup.buffer + 4) == 4)
    #expect(try setup.fixture.word(setup.buffer + 8) == 4)
    #expect(try setup.fixture.word(setup.buffer + 12) == 0x5555_5555)
    #expect(try setup.query("sTART", 2, 16) == .success)
    #expect(try setup.fixture.word(setup.buffer + 12) == 3)
    #expect(try setup.query("None", 2, 16) == .objectNameNotFound)
  }

  @Test(arguments: Architecture.allCases)
  func `full and basic information hold the name`(architecture: Architecture) throws {
    let setup = try Setup(architecture)
    let memory = setup.fixture.memory
    #expect(try setup.query("Start", 0, 0x200) == .success)
    #expect(try setup.fixture.word(setup.result) == 12 + 10)
    #expect(try setup.fixture.word(setup.buffer + 8) == 10)
    #expect(try memory.load(UInt16.self, at: setup.buffer + 12) == 0x53)
    #expect(try setup.query("Start", 1, 0x200) == .success)
    // 20 + 10 bytes of name, then the data at a multiple of 4.
    #expect(try setup.fixture.word(setup.buffer + 8) == 32)
    #expect(try setup.fixture.word(setup.buffer + 12) == 4)
    #expect(try setup.fixture.word(setup.buffer + 16) == 10)
    #expect(try setup.fixture.word(setup.buffer + 32) == 3)
    #expect(try setup.fixture.word(setup.result) == 36)
    #expect(try setup.query("Start", 1, 19) == .bufferTooSmall)
    #expect(try setup.query("Start", 1, 20) == .bufferOverflow)
    #expect(throws: Unmodelled.self) { try setup.query("Start", 4, 0x200) }
  }

  @Test(arguments: Architecture.allCases)
  func `ZwSetValueKey replaces a value in its place`(architecture: Architecture) throws {
    let setup = try Setup(architecture)
    #expect(try setup.set("start", 3, [1, 2, 3, 4, 5]) == .success)
    #expect(setup.key.values[1].name == "Start")
    #expect(setup.key.values[1].data == [1, 2, 3, 4, 5])
    #expect(try setup.set("New", 0, []) == .success)
    #expect(setup.key.values.map(\.name) == ["Type", "Start", "ErrorControl", "ImagePath", "New"])
    #expect(throws: Unmodelled.self) { try setup.query("New", 1, 0x200) }
    let name = try setup.fixture.string("New")
    #expect(try setup.fixture.status("ZwDeleteValueKey", setup.handle, name) == .success)
    #expect(try setup.fixture.status("ZwDeleteValueKey", setup.handle, name) == .objectNameNotFound)
  }

  @Test(arguments: Architecture.allCases)
  func `what a driver asks for is bounded`(architecture: Architecture) throws {
    let setup = try Setup(architecture)
    let name = try setup.fixture.string("Big")
    let type: UInt32 = 3
    for length in [UInt32(1 << 20) + 1, 0x7FFF_FFFF, .max] {
      #expect(throws: Unmodelled.self) {
        try setup.fixture.status(
          "ZwSetValueKey",
          setup.handle,
          name,
          0 as UInt32,
          type,
          setup.buffer,
          length
        )
      }
    }
    #expect(throws: GuestFault.self) {
      try setup.fixture.status(
        "ZwSetValueKey",
        setup.handle,
        name,
        0 as UInt32,
        type,
        VirtualAddress.null,
        8 as UInt32
      )
    }
    #expect(setup.key.value("Big") == nil)
    // A length past the end of memory is harmless if the information is short.
    #expect(try setup.query("Start", 2, .max) == .success)
  }

  @Test(arguments: Architecture.allCases)
  func `ZwEnumerateValueKey goes in the order of making`(architecture: Architecture) throws {
    let setup = try Setup(architecture)
    func enumerate(_ index: UInt32) throws -> NTStatus {
      try setup.fixture.status(
        "ZwEnumerateValueKey",
        setup.handle,
        index,
        2 as UInt32,
        setup.buffer,
        0x200 as UInt32,
        setup.result
      )
    }
    #expect(try enumerate(1) == .success)
    #expect(try setup.fixture.word(setup.buffer + 12) == 3)
    #expect(try enumerate(4) == .noMoreEntries)
  }

  @Test(arguments: Architecture.allCases)
  func `a value that only a real machine has ends the run`(architecture: Architecture) throws {
    let setup = try Setup(architecture)
    let path = "\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion"
    let handle = try setup.fixture.open("ZwOpenKey", path)
    #expect(throws: Unmodelled.self) {
      try setup.fixture.status(
        "ZwQueryValueKey",
        handle,
        setup.fixture.string("CurrentVersion"),
        2 as UInt32,
        setup.buffer,
        0x200 as UInt32,
        setup.result
      )
    }
  }

  @Test(arguments: Architecture.allCases)
  func `the Rtl routines take paths`(architecture: Architecture) throws {
    let setup = try Setup(architecture)
    let fixture = setup.fixture
    let services: UInt32 = 1
    let path = try fixture.wide("Lockstep\\Parameters")
    let name = try fixture.wide("Size")
    let data = try fixture.allocate(4)
    try fixture.memory.store(UInt32(0x1234), at: data)
    #expect(try fixture.status("RtlCheckRegistryKey", services, path) == .objectNameNotFound)
    #expect(
      try fixture.status(
        "RtlWriteRegistryValue",
        services,
        path,
        name,
        4 as UInt32,
        data,
        4 as UInt32
      ) == .success
    )
    #expect(try fixture.status("RtlCheckRegistryKey", services, path) == .success)
    let key = fixture.registry.makeKey(
      "Machine\\System\\CurrentControlSet\\Services\\Lockstep\\Parameters"
    )
    #expect(key.value("size")?.data == [0x34, 0x12, 0, 0])
    #expect(try fixture.status("RtlDeleteRegistryValue", services, path, name) == .success)
    #expect(
      try fixture.status("RtlDeleteRegistryValue", services, path, name) == .objectNameNotFound
    )
    let deep = try fixture.wide("Lockstep\\No\\x")
    #expect(try fixture.status("RtlCreateRegistryKey", services, deep) == .objectNameNotFound)
    let made = try fixture.wide("Lockstep\\Made")
    #expect(try fixture.status("RtlCreateRegistryKey", services, made) == .success)
    let byHandle: UInt32 = 0x4000_0000
    #expect(try fixture.status("RtlCheckRegistryKey", byHandle, setup.handle) == .success)
    #expect(try fixture.status("RtlCheckRegistryKey", 6 as UInt32, path) == .invalidParameter)
    #expect(throws: Unmodelled.self) {
      try fixture.status("RtlCheckRegistryKey", 5 as UInt32, path)
    }
  }
}
