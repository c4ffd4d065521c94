public import GuestABI
internal import NTStructures

/// A process: its object, its memory, and the thread with which it makes requests.
public final class Process {
  /// The number that identifies the process, as in `CLIENT_ID`.
  public let id: UInt64
  /// The process object, an `EPROCESS`.
  public let body: VirtualAddress
  /// The process's memory.
  public let space: ProcessAddressSpace
  /// The thread that makes the process's requests; the system's initialises drivers.
  public let thread: KernelThread
  /// The name of the program's file: the system's own is "System".
  public var imageName: String { id == 4 ? "System" : "program.exe" }
  /// The name of a program's file on its volume.
  static let fileName = "\\program.exe"
  /// The path of the program's file, as programs write it.
  var imagePath: String { "C:" + Self.fileName }
  /// The path of the program's file, by the device of its volume.
  var devicePath: String { "\\Device\\HarddiskVolume1" + Self.fileName }
  /// The time of day when the process started, in units of 100 ns since 1601.
  public internal(set) var startTime: UInt64 = 0
  /// Whether the process has ended.
  public internal(set) var hasExited = false

  init(id: UInt64, body: VirtualAddress, space: ProcessAddressSpace, thread: KernelThread) {
    self.id = id
    self.body = body
    self.space = space
    self.thread = thread
  }
}

extension ProcessStructure {
  /// The most processes that may exist at a time.
  public static var processLimit: Int { 64 }

  /// Starts a process, in whose memory nothing is mapped yet.
  ///
  /// - Throws: ``Unmodelled`` if there is no room for it.
  public func makeProcess() throws -> Process {
    guard processes.count < Self.processLimit else {
      throw Unmodelled("more than \(Self.processLimit) processes")
    }
    let space = try manager.makeAddressSpace()
    let thread = try dispatcher.createRequester(in: space)
    defer { nextProcessID += 0x40 }
    return try add(id: nextProcessID, space, thread)
  }

  /// Makes a process the one whose thread runs.
  public func enter(_ process: Process) throws {
    try dispatcher.switchRequester(to: process.thread)
  }

  /// The process whose object is at an address, or nil if there is none.
  public func process(withBody body: VirtualAddress) -> Process? {
    processes.first { $0.body == body }
  }

  /// The process that a thread belongs to.
  public func process(of thread: KernelThread) -> Process? {
    processes.first { $0.space === thread.ownSpace }
  }

  /// Ends a process whose thread has no requests left: its handles are closed, and its memory is given
  /// back.
  ///
  /// - Throws: The ``BugCheck`` `PROCESS_HAS_LOCKED_PAGES` on releases that look for locked pages.
  public func exit(_ process: Process) throws {
    guard process !== system, !process.hasExited else { return }
    try objects.closeAllHandles(ofProcess: process.body)
    try manager.delete(process.space)
    process.hasExited = true
    let header = GuestPointer<DispatcherHeader>(process.body)
    try memory[header].store(1, in: \.signalState)
    if dispatcher.current === process.thread {
      try dispatcher.switchRequester(to: system.thread)
    }
    dispatcher.removeRequester(process.thread)
    try dispatcher.wakeWaiters()
    // Their objects live on for as long as a driver holds a reference.
    for body in [process.thread.body, process.body] {
      if let object = objects.object(withBody: body) { try objects.dereference(object) }
    }
  }
}
