import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct NotifyTests {
  /// A directory that is watched.
  private struct Watched {
    let files: FileFixture
    let stack: DriverStack
    let synchronizer: VirtualAddress
    let list: VirtualAddress
    let buffer: VirtualAddress

    init(_ host: Host) throws {
      files = try FileFixture(host)
      stack = try DriverStack(files.kernel)
      let slot = try files.kernel.allocate(8)
      list = try files.kernel.allocate(16)
      buffer = try files.kernel.allocate(256)
      try files.kernel.call("FsRtlNotifyInitializeSync", slot)
      synchronizer = try files.memory.load(at: slot)
    }

    /// Sends a request for a directory.
    func watch(_ directory: String, tree: Bool = false, room: UInt32 = 256) throws -> GuestPointer<
      IRP
    > {
      let memory = files.memory
      let irp = GuestPointer<IRP>(try files.kernel.pointer("IoAllocateIrp", Int8(1), false))
      let size = IOStackLocation.size(on: memory.architecture)
      let location = GuestPointer<IOStackLocation>(try stack.location(of: irp).address + -size)
      try memory.modify(location) { $0.length = room }
      let place = buffer
      let thread = files.kernel.dispatcher.current.body
      try memory.modify(irp) { irp in
        irp.currentLocation = 1
        irp.currentStackLocation = location
        irp.systemBuffer = place
        irp.thread = thread
        irp.status = .pending
      }
      try files.kernel.call(
        "FsRtlNotifyFullChangeDirectory",
        synchronizer,
        list,
        VirtualAddress(rawValue: 0x55),
        files.string(directory),
        tree,
        false,
        UInt32(1),
        irp,
        VirtualAddress.null,
        VirtualAddress.null
      )
      return irp
    }

    /// Says that a file was added.
    func report(_ path: String, filter: UInt32 = 1) throws {
      let name = path.split(separator: "\\").last.map { $0.utf16.count } ?? 0
      try files.kernel.call(
        "FsRtlNotifyFullReportChange",
        synchronizer,
        list,
        files.string(path),
        UInt16((path.utf16.count - name) * 2),
        VirtualAddress.null,
        VirtualAddress.null,
        filter,
        UInt32(1),
        VirtualAddress.null
      )
    }

    func status(of irp: GuestPointer<IRP>) throws -> NTStatus { try files.memory[irp].status }
  }

  @Test(arguments: Host.few)
  func `a request waits for a change in its directory`(host: Host) throws {
    let watched = try Watched(host)
    let irp = try watched.watch("\\dir")
    #expect(try watched.status(of: irp) == .pending)
    let location = try watched.files.memory[irp].currentStackLocation
    #expect(try watched.files.memory[location].control.contains(.pendingReturned))
    // Another directory, one below, and a change of another kind.
    try watched.report("\\other\\a")
    try watched.report("\\dir\\below\\a")
    try watched.report("\\dir\\a", filter: 2)
    #expect(try watched.status(of: irp) == .pending)
    try watched.report("\\dir\\ab")
    #expect(try watched.status(of: irp) == .success)
    #expect(try watched.files.memory[irp].information.rawValue == 16)
    let words = try (0..<3).map {
      try watched.files.memory.load(UInt32.self, at: watched.buffer + $0 * 4)
    }
    #expect(words == [0, 1, 4])
    #expect(
      try watched.files.memory.bytes(at: watched.buffer + 12, count: 4) == [0x61, 0, 0x62, 0]
    )
  }

  @Test(arguments: Host.few)
  func `changes that nobody waits for are told to the next request`(host: Host) throws {
    let watched = try Watched(host)
    _ = try watched.watch("\\dir", tree: true)
    try watched.report("\\dir\\a")
    try watched.report("\\dir\\x\\b")
    try watched.report("\\dir\\c")
    let second = try watched.watch("\\dir")
    #expect(try watched.status(of: second) == .success)
    // Two entries: "x\b" and "c".
    #expect(try watched.files.memory.load(UInt32.self, at: watched.buffer) == 20)
    #expect(try watched.files.memory.load(UInt32.self, at: watched.buffer + 20) == 0)
    // What does not fit is not told: STATUS_NOTIFY_ENUM_DIR.
    try watched.report("\\dir\\long name")
    let third = try watched.watch("\\dir", room: 16)
    #expect(try watched.status(of: third) == NTStatus(0x10C))
  }

  @Test(arguments: Host.few)
  func `what waits ends with the directory, or when it is cancelled`(host: Host) throws {
    let watched = try Watched(host)
    let first = try watched.watch("\\dir")
    try watched.files.kernel.call(
      "FsRtlNotifyCleanup",
      watched.synchronizer,
      watched.list,
      VirtualAddress(rawValue: 0x55)
    )
    #expect(try watched.status(of: first) == NTStatus(0x10B))
    let second = try watched.watch("\\dir")
    try watched.files.kernel.call(
      "FsRtlNotifyCleanupAll",
      watched.synchronizer,
      watched.list
    )
    #expect(try watched.status(of: second) == NTStatus(0x10B))
    try watched.report("\\dir\\a")
  }
}
