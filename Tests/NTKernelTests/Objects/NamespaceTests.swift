import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct NamespaceTests {
  let fixture: ObjectFixture
  var objects: ObjectManager { fixture.objects }

  init() throws { fixture = try ObjectFixture(.x64) }

  func insertDevice(_ path: String) throws -> KernelObject {
    let device = KernelObject(.device, body: try fixture.allocate(0x150))
    #expect(try objects.insert(device, at: path) == .success)
    return device
  }

  @Test func `a name is found whatever its case`() throws {
    let device = try insertDevice("\\Device\\Käse")
    #expect(try objects.object(at: "\\DEVICE\\KÄSE").object === device)
    #expect(objects.fullName(of: device) == "\\Device\\Käse")
    #expect(objects.object(withBody: device.body) === device)
  }

  @Test func `a device consumes the rest of the path`() throws {
    let device = try insertDevice("\\Device\\Lockstep")
    let lookup = try objects.object(at: "\\Device\\Lockstep\\sub\\file.txt")
    #expect(lookup.object === device)
    #expect(lookup.remainder == "\\sub\\file.txt")
  }

  @Test func `a link is followed with the rest of the path`() throws {
    let device = try insertDevice("\\Device\\Lockstep")
    let link = SymbolicLink("\\Device\\Lockstep")
    #expect(try objects.makeSymbolicLink(at: "\\DosDevices\\Lockstep", to: link) == .success)
    for path in ["\\DosDevices\\Lockstep\\x", "\\??\\LOCKSTEP\\x", "\\GLOBAL??\\Lockstep\\x"] {
      let lookup = try objects.object(at: path)
      #expect(lookup.object === device)
      #expect(lookup.remainder == "\\x")
    }
    let unfollowed = try objects.object(at: "\\??\\Lockstep", followingLinks: false)
    #expect(unfollowed.object?.kind == .symbolicLink)
    #expect(try objects.removeSymbolicLink(at: "\\??\\Lockstep") == .success)
    #expect(try objects.object(at: "\\??\\Lockstep").status == .objectNameNotFound)
    #expect(try objects.removeSymbolicLink(at: "\\??\\Lockstep") == .objectNameNotFound)
    #expect(try objects.removeSymbolicLink(at: "\\Device\\Lockstep") == .objectTypeMismatch)
  }

  @Test func `links that lead to each other end the run`() throws {
    #expect(
      try objects.makeSymbolicLink(at: "\\??\\One", to: SymbolicLink("\\??\\Two")) == .success
    )
    #expect(
      try objects.makeSymbolicLink(at: "\\??\\Two", to: SymbolicLink("\\??\\One")) == .success
    )
    #expect(throws: Unmodelled.self) { try objects.object(at: "\\??\\One") }
  }

  @Test func `bad names have their own statuses`() throws {
    let first = try insertDevice("\\Device\\Lockstep")
    let second = KernelObject(.device, body: first.body + 0x1000)
    #expect(try objects.insert(second, at: "\\device\\lockstep") == .objectNameCollision)
    #expect(try objects.insert(second, at: "\\Nowhere\\x") == .objectPathNotFound)
    #expect(try objects.insert(second, at: "\\Device\\Nowhere\\x") == .objectPathNotFound)
    #expect(try objects.insert(second, at: "Device\\x").rawValue == Int32(bitPattern: 0xC000_003B))
    #expect(try objects.insert(second, at: "\\Device\\") == .objectNameInvalid)
    #expect(try objects.insert(second, at: "\\") == .objectNameInvalid)
    #expect(try objects.object(at: "\\Device\\\\x").status == .objectNameInvalid)
    #expect(try objects.object(at: "").status.rawValue == Int32(bitPattern: 0xC000_003B))
    #expect(try objects.object(at: "\\Device\\No\\x").status == .objectPathNotFound)
    #expect(try objects.object(at: "\\Device\\No").status == .objectNameNotFound)
    #expect(objects.object(withBody: second.body) == nil)
  }

  @Test(arguments: [
    "\\Device\\Tcp", "\\Device\\Harddisk0\\DR0", "\\??\\C:\\file", "\\Driver\\Kbdclass",
    "\\KernelObjects\\LowMemoryCondition", "\\DosDevices\\COM1",
  ])
  func `what only a real machine has ends the run`(path: String) throws {
    #expect(throws: Unmodelled.self) { try objects.object(at: path) }
  }

  @Test func `each release has its own directory of DOS names`() throws {
    let old = try ObjectFixture(.x86, objects: ObjectBehaviour(dosDevices: .directory)).objects
    #expect(try old.object(at: "\\DosDevices").object?.kind == .directory)
    #expect(throws: Unmodelled.self) { try old.object(at: "\\??\\x") }
    let nt4 = try ObjectFixture(.x86, objects: ObjectBehaviour(dosDevices: .questionMarks)).objects
    #expect(try nt4.object(at: "\\??").object?.kind == .directory)
    #expect(try nt4.object(at: "\\DosDevices").object === nt4.object(at: "\\??").object)
    #expect(try nt4.object(at: "\\GLOBAL??").status == .objectNameNotFound)
    let xp = try ObjectFixture(.x86).objects
    #expect(try xp.object(at: "\\DosDevices").object === xp.object(at: "\\GLOBAL??").object)
  }

  @Test func `a device goes when its name and its last reference are gone`() throws {
    let device = try insertDevice("\\Device\\Lockstep")
    var deleted: [String] = []
    objects.deletionRoutines[.device] = { _ in deleted.append("device") }
    let handle = try objects.makeHandle(for: device, access: [])
    #expect(device.referenceCount == 3)
    try objects.remove(device)
    #expect(try objects.object(at: "\\Device\\Lockstep").object === device)
    try objects.dereference(device)
    #expect(try objects.close(handle) == .success)
    #expect(deleted == ["device"])
    #expect(objects.object(withBody: device.body) == nil)
    #expect(try objects.object(at: "\\Device\\Lockstep").status == .objectNameNotFound)
    #expect(throws: Unmodelled.self) { try objects.dereference(device) }
  }
}
