internal import GuestABI
internal import NTStructures

/// Which process and thread is which: the system's process, whose number is 4, and the one that makes
/// requests, whose number is 0x100.
final class ProcessLookUp {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private let objects: ObjectManager
  private let processes: ProcessStructure
  private let manager: MemoryManager

  /// Creates a look-up of the processes of a kernel.
  init(
    manager: MemoryManager,
    dispatcher: Dispatcher,
    objects: ObjectManager,
    processes: ProcessStructure
  ) {
    memory = manager.memory
    self.manager = manager
    self.dispatcher = dispatcher
    self.objects = objects
    self.processes = processes
  }

  /// The routines that drivers import.
  var exports: [Export] { numberExports + processExports }

  private var numberExports: [Export] {
    [
      export("PsGetProcessId") { [self] (process: VirtualAddress) in
        try GuestWord(number(of: process, "PsGetProcessId"))
      },
      export("PsGetThreadId") { [self] (thread: VirtualAddress) in
        try GuestWord(self.thread(thread, "PsGetThreadId").id)
      },
      export("PsGetThreadProcessId") { [self] (thread: VirtualAddress) in
        let routine = "PsGetThreadProcessId"
        return try GuestWord(number(of: process(of: self.thread(thread, routine)), routine))
      },
      export("PsGetCurrentThreadProcessId") { [self] () in
        let process = process(of: dispatcher.current)
        return try GuestWord(number(of: process, "PsGetCurrentThreadProcessId"))
      },
      export("PsLookupProcessByProcessId") {
        [self] (number: GuestWord, result: VirtualAddress) in
        let body: VirtualAddress
        switch number.rawValue {
        case 4: body = processes.systemProcess
        case 0x100: body = processes.userProcess
        case let other where other % 4 != 0 || other == 0:
          throw Unmodelled("PsLookupProcessByProcessId of \(other)")
        default: return NTStatus.invalidParameter
        }
        objects.reference(try objects.knownObject(body, "PsLookupProcessByProcessId"))
        try memory.store(body, at: result)
        return NTStatus.success
      },
    ]
  }

  private var processExports: [Export] {
    ["IoThreadToProcess", "PsGetThreadProcess"].map { name in
      export(name) { [self] (thread: VirtualAddress) in
        process(of: try self.thread(thread, name))
      }
    } + [
      export("PsGetCurrentThreadProcess") { [self] () in process(of: dispatcher.current) },
      export("PsIsSystemProcess") { [self] (process: VirtualAddress) in
        try number(of: process, "PsIsSystemProcess") == 4
      },
      export("PsIsSystemThread") { [self] (thread: VirtualAddress) in
        try process(of: self.thread(thread, "PsIsSystemThread")) == processes.systemProcess
      },
      export("PsIsThreadTerminating") { [self] (thread: VirtualAddress) in
        // Nothing ends a thread but the thread itself.
        _ = try self.thread(thread, "PsIsThreadTerminating")
        return false
      },
    ]
  }

  private func number(of process: VirtualAddress, _ routine: String) throws -> UInt64 {
    switch process {
    case processes.systemProcess: return 4
    case processes.userProcess: return 0x100
    default: throw Unmodelled("\(routine): \(process) is no process")
    }
  }

  private func thread(_ body: VirtualAddress, _ routine: String) throws -> KernelThread {
    guard let thread = dispatcher.threads.first(where: { $0.body == body }) else {
      throw Unmodelled("\(routine): \(body) is no thread that runs")
    }
    return thread
  }

  /// The process of a thread: threads that drivers make are the system's, and the thread that makes
  /// requests initialises drivers, too.
  private func process(of thread: KernelThread) -> VirtualAddress {
    thread.start != nil ? processes.systemProcess : manager.currentProcess
  }
}
