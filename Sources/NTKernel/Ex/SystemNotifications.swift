internal import GuestABI
internal import NTStructures

/// Routines that drivers want called when processes start and end and images are loaded.
///
/// Processes end in this machine while a driver runs; none starts, and no image is loaded.
final class SystemNotifications {
  /// The routines that every release takes of a kind.
  private static let limit = 8

  private var processRoutines: [VirtualAddress] = []
  private var imageRoutines: [VirtualAddress] = []

  /// Tells the drivers that a process ends, in the order in which they asked for it.
  ///
  /// The routines are `PCREATE_PROCESS_NOTIFY_ROUTINE`s: the process's parent, the process, and whether
  /// it starts.
  func processEnds(_ id: UInt64, parent: UInt64) -> Completion {
    func next(_ index: Int) -> Completion {
      guard index < processRoutines.count else { return .done }
      let call = GuestCall(processRoutines[index], parent, id, 0)
      return .call(call, then: { _ in next(index + 1) })
    }
    return next(0)
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("PsSetCreateProcessNotifyRoutine") {
        [self] (routine: VirtualAddress, removes: Bool) in
        let index = processRoutines.firstIndex(of: routine)
        if removes {
          guard let index else { return NTStatus.invalidParameter }
          processRoutines.remove(at: index)
          return NTStatus.success
        }
        guard index == nil, processRoutines.count < Self.limit else {
          throw Unmodelled("PsSetCreateProcessNotifyRoutine: a routine twice, or a ninth")
        }
        processRoutines.append(routine)
        return NTStatus.success
      },
      export("PsSetLoadImageNotifyRoutine") { [self] (routine: VirtualAddress) in
        guard !imageRoutines.contains(routine), imageRoutines.count < Self.limit else {
          throw Unmodelled("PsSetLoadImageNotifyRoutine: a routine twice, or a ninth")
        }
        imageRoutines.append(routine)
        return NTStatus.success
      },
      export("PsRemoveLoadImageNotifyRoutine") { [self] (routine: VirtualAddress) in
        guard let index = imageRoutines.firstIndex(of: routine) else {
          return NTStatus.procedureNotFound
        }
        imageRoutines.remove(at: index)
        return NTStatus.success
      },
    ]
  }
}
