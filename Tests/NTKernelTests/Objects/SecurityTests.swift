import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct SecurityTests {
  /// Stores an absolute descriptor with a list that allows the system everything.
  func makeDescriptor(_ fixture: ObjectFixture) throws -> (address: VirtualAddress, list: [UInt8]) {
    let list: [UInt8] = [
      2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0, 0xFF, 0x01, 0x1F, 0x00, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0,
      0, 0,
    ]
    let listAddress = try fixture.allocate(list.count)
    try fixture.memory.store(bytes: list, at: listAddress)
    let address = try fixture.allocate(40)
    try fixture.memory.fill(at: address, count: 40)
    try fixture.memory.store(UInt8(1), at: address)
    try fixture.memory.store(UInt16(4), at: address + 2)
    let isX86 = fixture.memory.architecture == .x86
    try fixture.memory.store(listAddress, at: address + (isX86 ? 16 : 32))
    return (address, list)
  }

  func capture(_ fixture: ObjectFixture, _ descriptor: VirtualAddress) throws -> (
    NTStatus, VirtualAddress
  ) {
    let result = try fixture.allocate(8)
    let status = try fixture.status(
      "SeCaptureSecurityDescriptor",
      descriptor,
      ProcessorMode.kernel,
      PoolType.paged,
      true,
      result
    )
    return (status, try fixture.pointer(result))
  }

  @Test(arguments: Architecture.allCases)
  func `a captured descriptor is self-relative`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let (descriptor, list) = try makeDescriptor(fixture)
    let (status, copy) = try capture(fixture, descriptor)
    #expect(status == .success)
    let head: [UInt8] = [1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0]
    #expect(try fixture.memory.bytes(at: copy, count: 48) == head + list)
    let (_, again) = try capture(fixture, copy)
    #expect(try fixture.memory.bytes(at: again, count: 48) == head + list)
    #expect(fixture.pool.live.contains(copy))
    #expect(
      try fixture.status("SeReleaseSecurityDescriptor", copy, ProcessorMode.kernel, true)
        == .success
    )
    #expect(!fixture.pool.live.contains(copy))
    let result = try fixture.allocate(8)
    #expect(
      try fixture.status(
        "SeCaptureSecurityDescriptor",
        descriptor,
        ProcessorMode.kernel,
        PoolType.paged,
        false,
        result
      ) == .success
    )
    #expect(try fixture.pointer(result) == descriptor)
  }

  @Test(arguments: Architecture.allCases)
  func `bad descriptors have their own statuses`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let (descriptor, _) = try makeDescriptor(fixture)
    try fixture.memory.store(UInt8(2), at: descriptor)
    #expect(try capture(fixture, descriptor).0 == .unknownRevision)
    try fixture.memory.store(UInt8(1), at: descriptor)
    let list = try fixture.pointer(descriptor + (architecture == .x86 ? 16 : 32))
    try fixture.memory.store(UInt16(40), at: list + 10)
    #expect(try capture(fixture, descriptor).0 == .invalidACL)
    try fixture.memory.store(UInt16(20), at: list + 10)
    try fixture.memory.store(UInt16(9), at: list + 4)
    #expect(try capture(fixture, descriptor).0 == .invalidACL)
    let width = architecture.pointerSize
    try fixture.memory.store(list, at: descriptor + width)
    #expect(try capture(fixture, descriptor).0 == .invalidSID)
    #expect(throws: GuestFault.self) { try capture(fixture, VirtualAddress(rawValue: 0x800)) }
  }

  @Test(arguments: Architecture.allCases)
  func `an object keeps what is set on it`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let device = KernelObject(.device, body: try fixture.allocate(0x150))
    #expect(try fixture.objects.insert(device, at: "\\Device\\Lockstep") == .success)
    let handle = try fixture.objects.makeHandle(for: device, access: AccessMask(rawValue: 0x6_0000))
    let (descriptor, list) = try makeDescriptor(fixture)
    let dacl: UInt32 = 4
    let buffer = try fixture.allocate(64)
    let needed = try fixture.allocate(4)
    #expect(throws: Unmodelled.self) {
      try fixture.status("ZwQuerySecurityObject", handle, dacl, buffer, 64 as UInt32, needed)
    }
    #expect(
      try fixture.status("ZwSetSecurityObject", handle, dacl, VirtualAddress.null)
        == .accessViolation
    )
    #expect(try fixture.status("ZwSetSecurityObject", handle, dacl, descriptor) == .success)
    #expect(
      try fixture.status("ZwQuerySecurityObject", handle, dacl, buffer, 47 as UInt32, needed)
        == .bufferTooSmall
    )
    #expect(try fixture.word(needed) == 48)
    #expect(
      try fixture.status("ZwQuerySecurityObject", handle, dacl, buffer, 48 as UInt32, needed)
        == .success
    )
    #expect(try fixture.memory.bytes(at: buffer + 20, count: 28) == list)
    #expect(throws: Unmodelled.self) {
      try fixture.status("ZwSetSecurityObject", handle, 1 as UInt32, descriptor)
    }
    #expect(throws: Unmodelled.self) {
      try fixture.status("ZwSetSecurityObject", handle, 0x10 as UInt32, descriptor)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `SeExports has the layout of ntifs.h`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let start = try dataExport("SeExports", fixture)
    let isX86 = architecture == .x86
    func identifier(_ x86: Int, _ x64: Int) throws -> [UInt8] {
      let address = try fixture.pointer(start + (isX86 ? x86 : x64))
      let count = Int(try fixture.memory.load(UInt8.self, at: address + 1))
      return try fixture.memory.bytes(at: address, count: 8 + 4 * count)
    }
    // The offsets are those that clang gives the structure of mingw-w64's ntifs.h.
    #expect(try fixture.word(start) == 2)
    #expect(try fixture.word(start + 0x40) == 10)
    #expect(try fixture.word(start + 0x48) == 15)
    #expect(try fixture.word(start + 0xB0) == 24)
    #expect(try identifier(0xB8, 0xB8) == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try identifier(0xCC, 0xE0) == [1, 0, 0, 0, 0, 0, 0, 5])
    #expect(try identifier(0xE0, 0x108) == [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0])
    #expect(
      try identifier(0xE4, 0x110) == [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]
    )
    #expect(try fixture.word(start + (isX86 ? 0x110 : 0x168)) == 25)
    #expect(try identifier(0x128, 0x180) == [1, 1, 0, 0, 0, 0, 0, 5, 19, 0, 0, 0])
    #expect(try fixture.word(start + (isX86 ? 0x138 : 0x198)) == 29)
    #expect(try identifier(0x188, 0x200) == [1, 1, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0])
    let old = try ObjectFixture(architecture, security: SecurityBehaviour(exportsExtent: .nt4))
    let oldStart = try dataExport("SeExports", old)
    // The identifiers follow the structure, which ends with SeAliasBackupOpsSid.
    #expect(try old.pointer(oldStart + 0xB8) == oldStart + (isX86 ? 0x104 : 0x150))
  }

  @Test(arguments: Architecture.allCases)
  func `a key's security is shared by its handles`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let (descriptor, _) = try makeDescriptor(fixture)
    let handle = try fixture.allocate(8)
    let name = "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\{Lockstep}"
    let attributes = try fixture.attributes(name, securityDescriptor: descriptor)
    #expect(
      try fixture.status(
        "ZwCreateKey",
        handle,
        0xF003F as UInt32,
        attributes,
        0 as UInt32,
        VirtualAddress.null,
        0 as UInt32,
        VirtualAddress.null
      ) == .success
    )
    #expect(try fixture.status("ZwClose", fixture.pointer(handle)) == .success)
    let again = try fixture.open("ZwOpenKey", name)
    let buffer = try fixture.allocate(64)
    let needed = try fixture.allocate(4)
    #expect(
      try fixture.status("ZwQuerySecurityObject", again, 4 as UInt32, buffer, 64 as UInt32, needed)
        == .success
    )
  }
}
