import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct NamedObjectTests {
  @Test(arguments: Architecture.allCases)
  func `ObQueryNameString says what it needs`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let device = KernelObject(.device, body: try fixture.allocate(0x150))
    #expect(try fixture.objects.insert(device, at: "\\Device\\Ab") == .success)
    let header = UInt32(CountedString.size(on: architecture))
    let buffer = try fixture.allocate(0x100)
    let result = try fixture.allocate(4)
    let routine = "ObQueryNameString"
    let needed = header + 22 + 2 - 2
    let name = "\\Device\\Ab"
    #expect(needed == header + UInt32(name.utf16.count * 2 + 2))
    #expect(
      try fixture.status(routine, device.body, VirtualAddress.null, 0 as UInt32, result)
        == .infoLengthMismatch
    )
    #expect(try fixture.word(result) == needed)
    #expect(
      try fixture.status(routine, device.body, buffer, needed - 1, result) == .infoLengthMismatch
    )
    #expect(try fixture.status(routine, device.body, buffer, needed, result) == .success)
    let string = GuestPointer<CountedString>(buffer)
    #expect(try fixture.memory.text(of: string) == name)
    #expect(try fixture.memory[string].maximumLength == UInt16(name.utf16.count * 2 + 2))
    let unnamed = KernelObject(.device, body: try fixture.allocate(0x150))
    fixture.objects.register(unnamed)
    #expect(try fixture.status(routine, unnamed.body, buffer, header, result) == .success)
    #expect(try fixture.word(result) == header)
    #expect(try fixture.memory[string].buffer == .null)
  }

  @Test(arguments: Architecture.allCases)
  func `a directory lives as long as its handle`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let handle = try fixture.allocate(8)
    let attributes = try fixture.attributes("\\Lockstep")
    let access: UInt32 = 0xF000F
    #expect(try fixture.status("ZwCreateDirectoryObject", handle, access, attributes) == .success)
    let first = try fixture.pointer(handle)
    #expect(
      try fixture.status("ZwCreateDirectoryObject", handle, access, attributes)
        == .objectNameCollision
    )
    let openIf = try fixture.attributes("\\Lockstep", flags: 0x2C0)
    let status = try fixture.status("ZwCreateDirectoryObject", handle, access, openIf)
    #expect(status.rawValue == 0x4000_0000)
    #expect(try fixture.status("ZwClose", fixture.pointer(handle)) == .success)
    let relative = try fixture.attributes("Inner", root: first)
    #expect(try fixture.status("ZwCreateDirectoryObject", handle, access, relative) == .success)
    #expect(try fixture.objects.object(at: "\\Lockstep\\Inner").object?.kind == .directory)
    #expect(try fixture.status("ZwOpenDirectoryObject", handle, access, relative) == .success)
    #expect(try fixture.status("ZwClose", first) == .success)
    #expect(
      try fixture.status("ZwOpenDirectoryObject", handle, access, attributes)
        == .objectNameNotFound
    )
  }

  @Test(arguments: Architecture.allCases)
  func `a permanent directory goes once it is temporary`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let handle = try fixture.allocate(8)
    let attributes = try fixture.attributes("\\Lockstep", flags: 0x250)
    let access: UInt32 = 0xF000F
    #expect(try fixture.status("ZwCreateDirectoryObject", handle, access, attributes) == .success)
    #expect(try fixture.status("ZwClose", fixture.pointer(handle)) == .success)
    let again = try fixture.open("ZwOpenDirectoryObject", "\\Lockstep")
    #expect(try fixture.status("ZwMakeTemporaryObject", again) == .success)
    #expect(try fixture.status("ZwClose", again) == .success)
    #expect(try fixture.objects.object(at: "\\Lockstep").status == .objectNameNotFound)
  }

  @Test(arguments: Architecture.allCases)
  func `a symbolic link answers as ReactOS's test sees it on Windows`(
    architecture: Architecture
  ) throws {
    let fixture = try ObjectFixture(architecture)
    let handle = try fixture.allocate(8)
    let name = "\\Device\\LockstepLink"
    let target = "\\Device\\NamedPipe"
    let attributes = try fixture.attributes(name)
    let access: UInt32 = 1
    let open = "ZwOpenSymbolicLinkObject"
    #expect(try fixture.status(open, handle, access, attributes) == .objectNameNotFound)
    #expect(try fixture.pointer(handle) == .null)
    let string = try fixture.string(target)
    #expect(
      try fixture.status("ZwCreateSymbolicLinkObject", handle, access, attributes, string)
        == .success
    )
    let link = try fixture.open(open, name)
    let length = target.utf16.count * 2
    let buffer = try fixture.allocate(64)
    let result = try fixture.allocate(4)
    let answer = GuestPointer<CountedString>(try fixture.allocate(16))
    for (room, asksLength, fits) in [
      (0, true, false), (length - 1, true, false), (length, true, false), (length + 1, true, false),
      (length + 2, true, true), (length - 1, false, false), (length, false, true), (64, true, true),
    ] {
      try fixture.memory.fill(at: buffer, count: 64, with: 0x55)
      try fixture.memory.set(answer, buffer: buffer, length: 0, maximumLength: room)
      let status = try fixture.status(
        "ZwQuerySymbolicLinkObject",
        link,
        answer,
        asksLength ? result : VirtualAddress.null
      )
      #expect(status == (fits ? .success : .bufferTooSmall))
      #expect(try fixture.memory[answer].length == (fits ? UInt16(length) : 0))
      if asksLength { #expect(try fixture.word(result) == UInt32(length + 2)) }
      let end: UInt16 = try fixture.memory.load(at: buffer + length)
      #expect(end == (fits && asksLength ? 0 : 0x5555))
      if fits { #expect(try fixture.memory.text(of: answer) == target) }
    }
    #expect(try fixture.status("ZwClose", link) == .success)
    #expect(try fixture.status("ZwClose", fixture.pointer(handle)) == .success)
    #expect(try fixture.status(open, handle, access, attributes) == .objectNameNotFound)
  }

  @Test(arguments: Architecture.allCases)
  func `bad attributes have their own statuses`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let handle = try fixture.allocate(8)
    let access: UInt32 = 1
    func open(_ attributes: GuestPointer<ObjectAttributes>) throws -> NTStatus {
      try fixture.status("ZwOpenDirectoryObject", handle, access, attributes)
    }
    let short = try fixture.attributes("\\Device")
    try fixture.memory.modify(short) { $0.length = 4 }
    #expect(try open(short) == .invalidParameter)
    #expect(try open(fixture.attributes("\\Device", flags: 0x8000)) == .invalidParameter)
    #expect(
      try open(fixture.attributes("x", root: VirtualAddress(rawValue: 0x40))) == .invalidHandle
    )
    #expect(try open(fixture.attributes("\\REGISTRY")) == .objectTypeMismatch)
    let odd = try fixture.attributes("\\Device")
    let name = try fixture.memory[odd].objectName
    try fixture.memory.modify(name) { $0.length = 3 }
    #expect(try open(odd) == .objectNameInvalid)
    #expect(throws: GuestFault.self) { try open(GuestPointer(.null)) }
    #expect(throws: Unmodelled.self) { try open(fixture.attributes("\\Device", flags: 0x20)) }
  }

  @Test(arguments: Architecture.allCases)
  func `declared names agree with the import libraries`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let declared = fixture.table.exports.map(\.decoratedName).sorted()
    #expect(declared == decoratedNames)
    #expect(Set(fixture.objects.dataExports.map(\.name)).count == fixture.objects.dataExports.count)
  }
}
