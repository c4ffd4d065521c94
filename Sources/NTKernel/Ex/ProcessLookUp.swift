internal import GuestABI
internal import NTStructures

/// Which process and thread is which.
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
      export("IoGetRequestorProcess") { [self] (irp: GuestPointer<IRP>) in
        try requestor(irp, "IoGetRequestorProcess") ?? .null
      },
      export("IoGetRequestorProcessId") { [self] (irp: GuestPointer<IRP>) in
        let process = try requestor(irp, "IoGetRequestorProcessId")
        return UInt32(try process.map { try number(of: $0, "IoGetRequestorProcessId") } ?? 0)
      },
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
        let number = number.rawValue
        if let process = processes.processes.first(where: { $0.id == number && !$0.hasExited }) {
          body = process.body
        } else if number % 4 != 0 || number == 0 {
          throw Unmodelled("PsLookupProcessByProcessId of \(number)")
        } else {
          return NTStatus.invalidParameter
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

  /// The process whose thread made a request, or nil if no thread did.
  private func requestor(_ irp: GuestPointer<IRP>, _ routine: String) throws -> VirtualAddress? {
    let thread = try memory[irp].thread
    return thread == .null ? nil : process(of: try self.thread(thread, routine))
  }

  private func number(of process: VirtualAddress, _ routine: String) throws -> UInt64 {
    guard let process = processes.process(withBody: process) else {
      throw Unmodelled("\(routine): \(process) is no process")
    }
    return process.id
  }

  private func thread(_ body: VirtualAddress, _ routine: String) throws -> KernelThread {
    guard let thread = dispatcher.threads.first(where: { $0.body == body }) else {
      throw Unmodelled("\(routine): \(body) is no thread that runs")
    }
    return thread
  }

  /// The process that a thread belongs to, whatever it is attached to.
  private func process(of thread: KernelThread) -> VirtualAddress { thread.ownSpace.process }
}
