import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct RegistryKeyTests {
  static let software = "\\Registry\\Machine\\Software\\Lockstep"

  func create(
    _ fixture: ObjectFixture,
    _ name: String,
    root: VirtualAddress = .null,
    className: String? = nil,
    options: UInt32 = 0
  ) throws -> (status: NTStatus, handle: VirtualAddress, disposition: UInt32) {
    let handle = try fixture.allocate(8)
    let disposition = try fixture.allocate(4)
    let className = try className.map { try fixture.string($0) } ?? GuestPointer(.null)
    let status = try fixture.status(
      "ZwCreateKey",
      handle,
      0xF003F as UInt32,
      fixture.attributes(name, root: root),
      0 as UInt32,
      className,
      options,
      disposition
    )
    return (status, try fixture.pointer(handle), try fixture.word(disposition))
  }

  @Test(arguments: Architecture.allCases)
  func `ZwCreateKey makes a key once`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let first = try create(fixture, Self.software)
    #expect(first.status == .success)
    #expect(first.disposition == 1)
    let second = try create(fixture, Self.software.uppercased())
    #expect(second.disposition == 2)
    let inner = try create(fixture, "Inner", root: first.handle)
    #expect(inner.disposition == 1)
    let path = "\\REGISTRY\\MACHINE\\SOFTWARE\\Lockstep\\Inner"
    #expect(fixture.registry.makeKey("Machine\\Software\\Lockstep\\Inner").path == path)
    #expect(try create(fixture, Self.software + "\\No\\x").status == .objectNameNotFound)
    #expect(
      try create(fixture, "\\Inner", root: first.handle).status.rawValue
        == Int32(bitPattern: 0xC000_003B)
    )
    let volatile = try create(fixture, Self.software + "\\Volatile", options: 1)
    #expect(
      try create(fixture, "x", root: volatile.handle).status.rawValue
        == Int32(bitPattern: 0xC000_0181)
    )
    #expect(throws: Unmodelled.self) { try create(fixture, Self.software, options: 2) }
  }

  @Test(arguments: Architecture.allCases)
  func `ZwOpenKey follows the control set's link`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let key = fixture.registry.makeServiceKey("Lockstep", imagePath: "\\??\\C:\\lockstep.sys")
    #expect(key.path == "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\Lockstep")
    for path in [
      key.path, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\LOCKSTEP",
      "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Lockstep\\",
    ] {
      let handle = try fixture.open("ZwOpenKey", path)
      #expect(try fixture.status("ZwFlushKey", handle) == .success)
      #expect(try fixture.status("ZwClose", handle) == .success)
    }
    #expect(fixture.objects.openHandleCount == 0)
    let handle = try fixture.allocate(8)
    let access: UInt32 = 1
    func open(_ path: String) throws -> NTStatus {
      try fixture.status("ZwOpenKey", handle, access, fixture.attributes(path))
    }
    #expect(try open(key.path + "\\Parameters") == .objectNameNotFound)
    #expect(try open("\\Registry\\Machine\\Software\\Other") == .objectNameNotFound)
    #expect(try open("\\Device") == .objectTypeMismatch)
    for path in [
      "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Tcpip",
      "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager",
      "\\Registry\\Machine\\Hardware\\Description\\System\\CentralProcessor\\0",
      "\\Registry\\User\\.Default",
    ] {
      #expect(throws: Unmodelled.self) { try open(path) }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `ZwDeleteKey goes as ReactOS's test sees it on Windows`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let parent = try create(fixture, Self.software).handle
    let child = try create(fixture, Self.software + "\\Child").handle
    #expect(try fixture.status("ZwDeleteKey", parent).rawValue == Int32(bitPattern: 0xC000_0121))
    #expect(try fixture.status("ZwDeleteKey", child) == .success)
    #expect(try fixture.status("ZwDeleteKey", parent) == .success)
    #expect(try fixture.status("ZwDeleteKey", parent) == .success)
    #expect(try fixture.status("ZwFlushKey", parent) == .keyDeleted)
    #expect(try create(fixture, "x", root: parent).status == .keyDeleted)
    #expect(try create(fixture, Self.software).disposition == 1)
    #expect(try fixture.status("ZwDeleteKey", VirtualAddress(rawValue: 0x1000)) == .invalidHandle)
  }

  @Test(arguments: Architecture.allCases)
  func `ZwQueryKey fills what fits, as ReactOS's test sees it on Windows`(
    architecture: Architecture
  ) throws {
    let fixture = try ObjectFixture(architecture)
    let key = try create(fixture, Self.software, className: "MyClass").handle
    let buffer = try fixture.allocate(0x100)
    let result = try fixture.allocate(4)
    let fixed: UInt32 = 44
    let needed = fixed + 14
    func query(_ length: UInt32) throws -> NTStatus {
      try fixture.memory.fill(at: buffer, count: 0x100, with: 0x55)
      return try fixture.status("ZwQueryKey", key, 2 as UInt32, buffer, length, result)
    }
    #expect(try query(0) == .bufferTooSmall)
    #expect(try query(fixed - 1) == .bufferTooSmall)
    #expect(try fixture.word(buffer) == 0x5555_5555)
    #expect(try fixture.word(result) == needed)
    #expect(try query(fixed) == .bufferOverflow)
    #expect(try fixture.word(buffer + 12) == fixed)
    #expect(try fixture.word(buffer + 16) == 14)
    #expect(try fixture.word(buffer + 20) == 0)
    #expect(try fixture.word(buffer + 44) == 0x5555_5555)
    #expect(try query(needed - 1) == .bufferOverflow)
    let last: UInt16 = try fixture.memory.load(at: buffer + 44 + 12)
    #expect(last == 0x5500 | 0x73)
    #expect(try query(needed) == .success)
    #expect(try query(needed + 2) == .success)
    #expect(try fixture.word(result) == needed)
    let plain = try create(fixture, "\\Registry\\Machine\\Software\\Plain").handle
    #expect(
      try fixture.status("ZwQueryKey", plain, 2 as UInt32, buffer, 44 as UInt32, result) == .success
    )
    #expect(try fixture.word(buffer + 12) == .max)
  }

  @Test(arguments: Architecture.allCases)
  func `ZwQueryKey names a key`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let key = try fixture.open("ZwOpenKey", "\\Registry\\Machine\\System\\CurrentControlSet")
    let buffer = try fixture.allocate(0x100)
    let result = try fixture.allocate(4)
    let name = "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001"
    let kind: UInt32 = 3
    #expect(
      try fixture.status("ZwQueryKey", key, kind, buffer, 0x100 as UInt32, result) == .success
    )
    #expect(try fixture.word(buffer) == UInt32(name.utf16.count * 2))
    #expect(try fixture.word(result) == UInt32(4 + name.utf16.count * 2))
    #expect(
      try fixture.status("ZwQueryKey", key, kind, buffer, 3 as UInt32, result) == .bufferTooSmall
    )
    #expect(
      try fixture.status("ZwQueryKey", key, kind, buffer, 4 as UInt32, result) == .bufferOverflow
    )
    let old = try ObjectFixture(
      architecture,
      registry: RegistryBehaviour(hasKeyNameInformation: false)
    )
    let oldKey = try old.open("ZwOpenKey", "\\Registry\\Machine")
    #expect(
      try old.status("ZwQueryKey", oldKey, kind, buffer, 0x100 as UInt32, result)
        == .invalidParameter
    )
  }

  @Test(arguments: Architecture.allCases)
  func `ZwEnumerateKey goes in the order of names`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let key = try create(fixture, Self.software).handle
    for name in ["beta", "Alpha", "gamma"] { _ = try create(fixture, name, root: key) }
    _ = try create(fixture, "aaa", root: key, options: 1)
    let buffer = try fixture.allocate(0x100)
    let result = try fixture.allocate(4)
    var names: [String] = []
    for index in UInt32(0)... {
      let status = try fixture.status(
        "ZwEnumerateKey",
        key,
        index,
        0 as UInt32,
        buffer,
        0x100 as UInt32,
        result
      )
      guard status == .success else {
        #expect(status == .noMoreEntries)
        break
      }
      let length = Int(try fixture.word(buffer + 12))
      let bytes = try fixture.memory.bytes(at: buffer + 16, count: length)
      names.append(
        String(
          decoding: bytes.enumerated().filter { $0.offset % 2 == 0 }.map(\.element),
          as: UTF8.self
        )
      )
    }
    #expect(names == ["Alpha", "beta", "gamma", "aaa"])
    #expect(
      try fixture.status(
        "ZwEnumerateKey",
        key,
        0 as UInt32,
        1 as UInt32,
        buffer,
        24 as UInt32,
        result
      )
        == .bufferOverflow
    )
    let partial = try fixture.open("ZwOpenKey", "\\Registry\\Machine\\System")
    #expect(throws: Unmodelled.self) {
      try fixture.status(
        "ZwEnumerateKey",
        partial,
        0 as UInt32,
        0 as UInt32,
        buffer,
        0x100 as UInt32,
        result
      )
    }
  }
}
