internal import GuestABI
internal import NTReleases

/// Running in the memory of another process: `KeAttachProcess` and `KeStackAttachProcess`.
final class ProcessAttachment {
  private let manager: MemoryManager
  private let dispatcher: Dispatcher
  private let processes: ProcessStructure

  /// Creates the routines of a kernel.
  init(_ processes: ProcessStructure, manager: MemoryManager, dispatcher: Dispatcher) {
    self.processes = processes
    self.manager = manager
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("KeAttachProcess") { [self] (process: VirtualAddress) in
        let space = try space(of: process, "KeAttachProcess")
        // What has no effect, as attaching to the process itself, needs no detaching.
        guard space !== dispatcher.current.space else { return }
        if let attached = dispatcher.current.attachments.last {
          throw invalidAttempt(dispatcher.current.ownSpace.process, attached.space)
        }
        try attach(to: space, state: .null)
      },
      export("KeDetachProcess") { [self] () in
        guard let last = dispatcher.current.attachments.last else { return }
        guard last.state == .null else {
          throw Unmodelled("KeDetachProcess of a thread that KeStackAttachProcess attached")
        }
        detach()
      },
      export("KeStackAttachProcess") {
        [self] (process: VirtualAddress, state: VirtualAddress) in
        guard state != .null else { throw Unmodelled("KeStackAttachProcess without a KAPC_STATE") }
        try attach(to: space(of: process, "KeStackAttachProcess"), state: state)
      },
      export("KeUnstackDetachProcess") { [self] (state: VirtualAddress) in
        guard dispatcher.current.attachments.last?.state == state, state != .null else {
          throw Unmodelled("KeUnstackDetachProcess with another KAPC_STATE than the last one")
        }
        detach()
      },
      export("KeIsAttachedProcess") { [self] () in
        dispatcher.current.space !== dispatcher.current.ownSpace
      },
    ]
  }

  private func space(of process: VirtualAddress, _ routine: String) throws -> ProcessAddressSpace {
    guard let found = processes.process(withBody: process) else {
      throw Unmodelled("\(routine): \(process) is no process")
    }
    // A process object outlives its memory for as long as it is referenced.
    guard !found.hasExited else { throw Unmodelled("\(routine): a process that has ended") }
    return found.space
  }

  private func attach(to space: ProcessAddressSpace, state: VirtualAddress) throws {
    if dispatcher.isRunningDPC { throw invalidAttempt(space.process, dispatcher.current.space) }
    guard dispatcher.current.attachments.count < 1000 else {
      throw Unmodelled("KeStackAttachProcess nested more than 1,000 times")
    }
    dispatcher.current.attachments.append(
      .init(space: space, state: state, caller: manager.context.caller)
    )
    manager.activate(space)
  }

  private func detach() {
    dispatcher.current.attachments.removeLast()
    manager.activate(dispatcher.current.space)
  }

  /// `INVALID_PROCESS_ATTACH_ATTEMPT`: the process that is wanted, or the thread's own; the one that
  /// it is attached to; the index of its APC state; whether a DPC runs.
  ///
  /// Microsoft Docs, bug-check-0x5.
  private func invalidAttempt(
    _ process: VirtualAddress,
    _ attached: ProcessAddressSpace
  ) -> BugCheck {
    let index: UInt64 = dispatcher.current.attachments.isEmpty ? 0 : 1
    let isDPC: UInt64 = dispatcher.isRunningDPC ? 1 : 0
    return BugCheck(
      .invalidProcessAttachAttempt,
      process.rawValue,
      attached.process.rawValue,
      index,
      isDPC
    )
  }
}

extension ProcessStructure {
  /// Ends the attachments with which a driver's routine has returned to the system.
  ///
  /// Bug check 0x5 is documented for "certain function calls" that a thread returns from while it is
  /// attached, without saying for which.
  public func endAttachments() {
    guard let last = dispatcher.current.attachments.last else { return }
    dispatcher.current.attachments = []
    manager.activate(dispatcher.current.space)
    manager.sink?.record(
      .violation(
        Violation(
          .leftAttached,
          "the driver returns while its thread is attached to the process at \(last.space.process)",
          at: last.caller
        )
      )
    )
  }
}
