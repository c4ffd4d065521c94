import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct CallbackObjectTests {
  private static let hosts = Host.few.filter { $0.release >= .w2k }

  private func attributes(
    _ fixture: KernelFixture,
    _ name: String
  ) throws -> GuestPointer<ObjectAttributes> {
    let string = GuestPointer<CountedString>(try fixture.allocate(16))
    let bytes = (name.utf16 + [0]).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let buffer = try fixture.allocate(bytes.count)
    try fixture.memory.store(bytes: bytes, at: buffer)
    let length = bytes.count - 2
    try fixture.memory.set(string, buffer: buffer, length: length, maximumLength: length + 2)
    let pointer = GuestPointer<ObjectAttributes>(try fixture.allocate(0x30))
    try fixture.memory.modify(pointer) {
      $0.length = UInt32(ObjectAttributes.size(on: fixture.architecture))
      $0.objectName = string
      // OBJ_CASE_INSENSITIVE.
      $0.attributes = 0x40
    }
    return pointer
  }

  private func create(
    _ fixture: KernelFixture,
    _ name: String,
    creates: Bool,
    many: Bool = true
  ) throws -> (NTStatus, VirtualAddress) {
    let slot = try fixture.allocate(8)
    let attributes = try attributes(fixture, name)
    let status = try fixture.status("ExCreateCallback", slot, attributes, creates, many)
    return (status, try fixture.memory.load(at: slot))
  }

  @Test(arguments: hosts)
  func `routines are called with their contexts in the order of registration`(host: Host) throws {
    let fixture = try host.fixture()
    #expect(try create(fixture, "\\Callback\\Own", creates: false).0 == .objectNameNotFound)
    let (status, object) = try create(fixture, "\\Callback\\Own", creates: true)
    #expect(status == .success)
    #expect(try create(fixture, "\\callback\\OWN", creates: true).1 == object)
    var calls: [[UInt64]] = []
    let routine = fixture.routine { call in
      calls.append(call.arguments.map(\.bits))
      return 0
    }
    let handles = try (1...3).map { context in
      try fixture.pointer(
        "ExRegisterCallback",
        object,
        routine,
        VirtualAddress(rawValue: UInt64(context))
      )
    }
    #expect(Set(handles).count == 3)
    try fixture.call("ExUnregisterCallback", handles[1])
    try fixture.call("ExNotifyCallback", object, GuestWord(7), GuestWord(8))
    #expect(calls == [[1, 7, 8], [3, 7, 8]])
    #expect(throws: Unmodelled.self) { try fixture.call("ExUnregisterCallback", handles[1]) }
  }

  @Test(arguments: hosts)
  func `a routine may unregister itself when it is called`(host: Host) throws {
    let fixture = try host.fixture()
    let object = try create(fixture, "\\Callback\\Own", creates: true).1
    var handles: [VirtualAddress] = []
    var calls: [UInt64] = []
    let routine = fixture.routine { call in
      let index = call.arguments[0].bits
      calls.append(index)
      try fixture.call("ExUnregisterCallback", handles[Int(index)])
      return 0
    }
    for index in 0..<3 {
      handles.append(
        try fixture.pointer(
          "ExRegisterCallback",
          object,
          routine,
          VirtualAddress(rawValue: UInt64(index))
        )
      )
    }
    for _ in 0..<2 { try fixture.call("ExNotifyCallback", object, GuestWord(0), GuestWord(0)) }
    #expect(calls == [0, 1, 2])
  }

  @Test(arguments: hosts)
  func `an object that allows one routine refuses a second`(host: Host) throws {
    let fixture = try host.fixture()
    let object = try create(fixture, "\\Callback\\One", creates: true, many: false).1
    let routine = fixture.routine { _ in 0 }
    let context = VirtualAddress.null
    let handle = try fixture.pointer("ExRegisterCallback", object, routine, context)
    #expect(handle != .null)
    #expect(try fixture.pointer("ExRegisterCallback", object, routine, context) == .null)
    try fixture.call("ExUnregisterCallback", handle)
    #expect(try fixture.pointer("ExRegisterCallback", object, routine, context) != .null)
  }

  @Test(arguments: Host.all.filter { $0.release >= .w2k })
  func `the system's own objects are there to be opened`(host: Host) throws {
    let fixture = try host.fixture()
    for name in ["SetSystemTime", "PowerState"] {
      let (status, object) = try create(fixture, "\\Callback\\" + name, creates: false)
      #expect(status == .success)
      let routine = fixture.routine { _ in 0 }
      let context = VirtualAddress.null
      #expect(try fixture.pointer("ExRegisterCallback", object, routine, context) != .null)
    }
    let added = try create(fixture, "\\Callback\\ProcessorAdd", creates: false).0
    #expect(added == (host.release >= .vista ? .success : .objectNameNotFound))
  }
}
