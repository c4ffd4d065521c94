internal import GuestABI
internal import NTStructures

/// What drivers ask of processes and threads beside their numbers.
///
/// No program has a window, a job, a debugger or a 32-bit part, and all run in session 0. What would
/// need the memory of a loaded program, such as its `PEB`, is not modelled.
final class ProcessFacts {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private let objects: ObjectManager
  private let processes: ProcessStructure

  /// Creates the routines of a kernel.
  init(_ processes: ProcessStructure, dispatcher: Dispatcher, objects: ObjectManager) {
    memory = dispatcher.memory
    self.processes = processes
    self.dispatcher = dispatcher
    self.objects = objects
  }

  /// The routines that drivers import.
  var exports: [Export] {
    lifeExports + programExports + absentExports + protectionExports + threadExports
  }

  private func process(_ body: VirtualAddress, _ routine: String) throws -> Process {
    guard let process = processes.process(withBody: body) else {
      throw Unmodelled("\(routine): \(body) is no process")
    }
    return process
  }

  private func thread(_ body: VirtualAddress, _ routine: String) throws -> KernelThread {
    guard let thread = dispatcher.threads.first(where: { $0.body == body }) else {
      throw Unmodelled("\(routine): \(body) is no thread that runs")
    }
    return thread
  }

  private var lifeExports: [Export] {
    [
      export("PsGetProcessCreateTimeQuadPart") { [self] (body: VirtualAddress) in
        try process(body, "PsGetProcessCreateTimeQuadPart").startTime
      },
      export("PsGetProcessExitStatus") { [self] (body: VirtualAddress) in
        // STATUS_PENDING while the process runs; programs end with STATUS_SUCCESS.
        try process(body, "PsGetProcessExitStatus").hasExited ? NTStatus.success : .pending
      },
      export("PsGetProcessExitProcessCalled") { [self] (body: VirtualAddress) in
        try process(body, "PsGetProcessExitProcessCalled").hasExited
      },
      export("PsGetProcessInheritedFromUniqueProcessId") { [self] (body: VirtualAddress) in
        let process = try process(body, "PsGetProcessInheritedFromUniqueProcessId")
        return GuestWord(process === processes.system ? 0 : processes.system.id)
      },
      export("PsGetProcessSessionId") { [self] (body: VirtualAddress) in
        _ = try process(body, "PsGetProcessSessionId")
        return UInt32(0)
      },
      export("PsGetProcessSessionIdEx") { [self] (body: VirtualAddress) in
        // The system process is in no session: -1.
        try process(body, "PsGetProcessSessionIdEx") === processes.system ? UInt32.max : 0
      },
      export("PsGetCurrentProcessSessionId") { () in UInt32(0) },
      export("PsGetProcessPriorityClass") { [self] (body: VirtualAddress) in
        // PROCESS_PRIORITY_CLASS_NORMAL.
        _ = try process(body, "PsGetProcessPriorityClass")
        return UInt32(2)
      },
      export("PsAcquireProcessExitSynchronization") { [self] (body: VirtualAddress) in
        // STATUS_PROCESS_IS_TERMINATING.
        let routine = "PsAcquireProcessExitSynchronization"
        return try process(body, routine).hasExited ? NTStatus(0xC000_010A) : .success
      },
      export("PsReleaseProcessExitSynchronization") { [self] (body: VirtualAddress) in
        // Processes end between the calls of a driver, so that nothing waits for this.
        _ = try process(body, "PsReleaseProcessExitSynchronization")
      },
    ]
  }

  /// The routines that tell where a program is, which the system process is not: NULL.
  private var programExports: [Export] {
    ["PsGetProcessPeb", "PsGetProcessSectionBaseAddress"].map { name in
      export(name) { [self] (body: VirtualAddress) in
        guard try process(body, name) === processes.system else {
          throw Unmodelled("\(name) of a program")
        }
        return VirtualAddress.null
      }
    }
  }

  /// The routines that tell of what no process has: NULL.
  private var absentExports: [Export] {
    [
      "PsGetProcessJob", "PsGetProcessDebugPort", "PsGetProcessWin32Process",
      "PsGetProcessWin32WindowStation", "PsGetProcessWow64Process", "PsGetProcessSecurityPort",
    ].map { name in
      export(name) { [self] (body: VirtualAddress) in
        _ = try process(body, name)
        return VirtualAddress.null
      }
    }
      + ["PsGetCurrentProcessWin32Process", "PsGetCurrentProcessWow64Process"].map { name in
        export(name) { () in VirtualAddress.null }
      } + [
        export("PsIsProcessBeingDebugged") { [self] (body: VirtualAddress) in
          _ = try process(body, "PsIsProcessBeingDebugged")
          return false
        }
      ]
  }

  /// The system process is protected, as "Windows Internals" says of Windows Vista and later; programs
  /// are not.
  private var protectionExports: [Export] {
    [
      export("PsIsProtectedProcess") { [self] (body: VirtualAddress) in
        try process(body, "PsIsProtectedProcess") === processes.system
      },
      export("PsIsProtectedProcessLight") { [self] (body: VirtualAddress) in
        _ = try process(body, "PsIsProtectedProcessLight")
        return false
      },
      export("PsGetProcessProtection") { [self] (body: VirtualAddress) in
        // PS_PROTECTION: the type 2, protected, in the low bits, and the signer 7, WinSystem.
        try process(body, "PsGetProcessProtection") === processes.system ? UInt8(0x72) : 0
      },
    ]
  }

  private var threadExports: [Export] {
    [
      export("PsLookupThreadByThreadId") { [self] (number: GuestWord, result: VirtualAddress) in
        guard let thread = dispatcher.threads.first(where: { UInt64($0.id) == number.rawValue })
        else { return NTStatus.invalidParameter }
        objects.reference(try objects.knownObject(thread.body, "PsLookupThreadByThreadId"))
        try memory.store(thread.body, at: result)
        return .success
      },
      export("PsGetThreadSessionId") { [self] (body: VirtualAddress) in
        _ = try thread(body, "PsGetThreadSessionId")
        return UInt32(0)
      },
      export("PsGetThreadExitStatus") { [self] (body: VirtualAddress) in
        _ = try thread(body, "PsGetThreadExitStatus")
        return NTStatus.pending
      },
      export("PsGetCurrentThreadStackBase") { [self] () in dispatcher.current.stack.upperBound },
      export("PsGetCurrentThreadStackLimit") { [self] () in dispatcher.current.stack.lowerBound },
      export("KeQueryOwnerMutant") {
        [self] (mutant: GuestPointer<KMutant>, clientID: VirtualAddress) in
        // CLIENT_ID: the process and the thread, or zero if nobody owns the mutant.
        let body = try memory[mutant].ownerThread
        let owner = body == .null ? nil : try thread(body, "KeQueryOwnerMutant")
        let process = owner.flatMap { processes.process(of: $0)?.id } ?? 0
        try memory.store(GuestWord(process), at: clientID)
        try memory.store(GuestWord(owner?.id ?? 0), at: clientID + memory.architecture.pointerSize)
      },
    ]
      + ["PsGetThreadTeb", "PsGetThreadWin32Thread"].map { name in
        export(name) { [self] (body: VirtualAddress) in
          try absent(of: thread(body, name), name)
        }
      }
      + ["PsGetCurrentThreadTeb", "PsGetCurrentThreadWin32Thread"].map { name in
        export(name) { [self] () in try absent(of: dispatcher.current, name) }
      }
  }

  /// What a system thread does not have, and a program's only in part: nobody has a window.
  private func absent(of thread: KernelThread, _ routine: String) throws -> VirtualAddress {
    let isSystem = thread.ownSpace.process == processes.systemProcess
    guard isSystem || routine.hasSuffix("Win32Thread") else {
      throw Unmodelled("\(routine) of a program")
    }
    return .null
  }
}
