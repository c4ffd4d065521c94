internal import GuestABI
internal import NTReleases
internal import NTStructures

/// Routines that drivers want called when processes and threads start and end and images are loaded.
///
/// Processes end in this machine while a driver runs, and system threads start and end.
final class SystemNotifications {
  /// A routine that wants to hear of processes.
  struct ProcessRoutine: Equatable {
    let routine: VirtualAddress
    /// Whether it is a `PCREATE_PROCESS_NOTIFY_ROUTINE_EX`.
    let isExtended: Bool
  }

  private let limit: Int
  let memory: AddressSpace
  let manager: MemoryManager
  private let functionTables: FunctionTables
  private(set) var processRoutines: [ProcessRoutine] = []
  private(set) var threadRoutines: [VirtualAddress] = []
  private(set) var imageRoutines: [VirtualAddress] = []

  /// Creates lists without routines.
  init(_ manager: MemoryManager, functionTables: FunctionTables) {
    memory = manager.memory
    self.manager = manager
    self.functionTables = functionTables
    limit = manager.behaviour.notifyRoutineLimit
  }

  /// Whether any routine wants to hear of threads.
  var hearsOfThreads: Bool { !threadRoutines.isEmpty }

  /// Tells the drivers that a process ends, in the order in which they asked for it.
  ///
  /// The routines are `PCREATE_PROCESS_NOTIFY_ROUTINE`s, which get the process's parent, the process,
  /// and whether it starts; and `PCREATE_PROCESS_NOTIFY_ROUTINE_EX`s, which get the process object, the
  /// process, and null, since it ends.
  func processEnds(
    _ process: Process,
    parent: UInt64,
    then next: Completion
  ) -> Completion {
    let calls = processRoutines.map { entry in
      entry.isExtended
        ? GuestCall(entry.routine, process.body.rawValue, process.id, 0)
        : GuestCall(entry.routine, parent, process.id, 0)
    }
    return Self.call(calls, 0, then: next)
  }

  /// Tells the drivers that a thread starts, or that the current one ends.
  ///
  /// The routines are `PCREATE_THREAD_NOTIFY_ROUTINE`s: the process, the thread, and whether it starts.
  /// They run in the thread that makes another, and in the one that ends (Microsoft Docs,
  /// nc-ntddk-pcreate_thread_notify_routine). What is to be done afterwards is the last parameter.
  func thread(
    _ id: Int,
    of process: UInt64,
    starts: Bool,
    then next: Completion
  ) -> Completion {
    let calls = threadRoutines.map { GuestCall($0, process, UInt64(id), starts ? 1 : 0) }
    return Self.call(calls, 0, then: next)
  }

  static func call(
    _ calls: [GuestCall],
    _ index: Int,
    then next: Completion
  ) -> Completion {
    guard index < calls.count else { return next }
    return .call(calls[index]) { _ in call(calls, index + 1, then: next) }
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("PsSetCreateProcessNotifyRoutine") {
        [self] (routine: VirtualAddress, removes: Bool) in
        try set(ProcessRoutine(routine: routine, isExtended: false), removes)
      },
      export("PsSetCreateProcessNotifyRoutineEx") {
        [self] (routine: VirtualAddress, removes: Bool) in
        try set(ProcessRoutine(routine: routine, isExtended: true), removes)
      },
      export("PsSetCreateProcessNotifyRoutineEx2") {
        [self] (type: UInt32, routine: VirtualAddress, removes: Bool) in
        // PsCreateProcessNotifySubsystems is the only type; no process is one of another subsystem.
        guard type == 0 else { return NTStatus.invalidParameter }
        return try set(ProcessRoutine(routine: routine, isExtended: true), removes)
      },
      export("PsSetCreateThreadNotifyRoutine") { [self] (routine: VirtualAddress) in
        try addThread(routine, "PsSetCreateThreadNotifyRoutine")
      },
      export("PsSetCreateThreadNotifyRoutineEx") {
        [self] (type: GuestWord, routine: VirtualAddress) in
        // PsCreateThreadNotifyNonSystem runs in the new thread, and only for threads of programs.
        guard type.rawValue == 1 else {
          throw Unmodelled("PsSetCreateThreadNotifyRoutineEx of type \(type.rawValue)")
        }
        return try addThread(routine, "PsSetCreateThreadNotifyRoutineEx")
      },
      export("PsRemoveCreateThreadNotifyRoutine") { [self] (routine: VirtualAddress) in
        Self.remove(routine, &threadRoutines)
      },
      export("PsSetLoadImageNotifyRoutine") { [self] (routine: VirtualAddress) in
        try addImage(routine, "PsSetLoadImageNotifyRoutine")
      },
      export("PsSetLoadImageNotifyRoutineEx") {
        [self] (routine: VirtualAddress, flags: GuestWord) in
        // PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE: images of other architectures also, of which
        // there are none.
        guard flags.rawValue & ~1 == 0 else { return NTStatus.invalidParameter }
        return try addImage(routine, "PsSetLoadImageNotifyRoutineEx")
      },
      export("PsRemoveLoadImageNotifyRoutine") { [self] (routine: VirtualAddress) in
        Self.remove(routine, &imageRoutines)
      },
    ]
  }

  /// Adds a routine that wants to hear of processes, or removes it.
  ///
  /// The corresponding kernel routines are `PsSetCreateProcessNotifyRoutine` and its extended forms.
  private func set(_ entry: ProcessRoutine, _ removes: Bool) throws -> NTStatus {
    let index = processRoutines.firstIndex(of: entry)
    if removes {
      guard let index else { return .invalidParameter }
      processRoutines.remove(at: index)
      return .success
    }
    if entry.isExtended, try !imageForcesIntegrity(entry.routine) { return .accessDenied }
    guard index == nil, processRoutines.count < limit else { return .invalidParameter }
    processRoutines.append(entry)
    return .success
  }

  /// Whether the image that holds a routine has `IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY`.
  private func imageForcesIntegrity(_ routine: VirtualAddress) throws -> Bool {
    guard let base = functionTables.imageBase(of: routine) else { return false }
    let header = base + Int(try memory.load(UInt32.self, at: base + 0x3C) & 0xFFFF)
    return try memory.load(UInt16.self, at: header + 0x5E) & 0x80 != 0
  }

  private func addThread(_ routine: VirtualAddress, _ name: String) throws -> NTStatus {
    guard !threadRoutines.contains(routine) else { throw Unmodelled("\(name): a routine twice") }
    guard threadRoutines.count < limit else { return .insufficientResources }
    threadRoutines.append(routine)
    return .success
  }

  private func addImage(_ routine: VirtualAddress, _ name: String) throws -> NTStatus {
    guard !imageRoutines.contains(routine) else { throw Unmodelled("\(name): a routine twice") }
    guard imageRoutines.count < limit else { return .insufficientResources }
    imageRoutines.append(routine)
    return .success
  }

  private static func remove(
    _ routine: VirtualAddress,
    _ routines: inout [VirtualAddress]
  ) -> NTStatus {
    guard let index = routines.firstIndex(of: routine) else { return .procedureNotFound }
    routines.remove(at: index)
    return .success
  }
}
