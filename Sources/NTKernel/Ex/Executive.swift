public import GuestABI
internal import NTStructures

/// Routines of the executive that are not about one kind of object: `Ex…` and probing.
public final class Executive {
  private let memory: AddressSpace
  private let manager: MemoryManager
  private let dispatcher: Dispatcher

  /// Creates the executive.
  public init(manager: MemoryManager, dispatcher: Dispatcher) {
    memory = manager.memory
    self.manager = manager
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  public var exports: [Export] { raisingExports + probingExports + workExports }

  private var raisingExports: [Export] {
    [
      export("ExRaiseStatus") { (status: NTStatus) -> Void in throw RaisedStatus(status) },
      export("ExRaiseAccessViolation") { () -> Void in throw RaisedStatus(.accessViolation) },
      export("ExRaiseDatatypeMisalignment") { () -> Void in
        throw RaisedStatus(.datatypeMisalignment)
      },
      export("ExGetPreviousMode") { [self] () in dispatcher.previousMode.rawValue },
    ]
  }

  private var probingExports: [Export] {
    [
      export("ProbeForRead") {
        [self]
        (address: VirtualAddress, byteCount: GuestWord, alignment: UInt32) in
        try probe(address, byteCount, alignment)
      },
      export("ProbeForWrite") {
        [self]
        (address: VirtualAddress, byteCount: GuestWord, alignment: UInt32) in
        try probe(address, byteCount, alignment)
        var page = address
        let end = address + byteCount.byteCount
        // Each page is read and written back.
        while byteCount.byteCount > 0, page < end {
          guard let translation = memory.tables.translate(page), translation.isWritable else {
            throw RaisedStatus(.accessViolation)
          }
          page = VirtualAddress(rawValue: (page.rawValue & ~0xFFF) &+ 4096)
        }
      },
    ]
  }

  /// Checks that a range lies in user space and is aligned.
  private func probe(
    _ address: VirtualAddress,
    _ byteCount: GuestWord,
    _ alignment: UInt32
  ) throws {
    guard byteCount.rawValue > 0 else { return }
    guard address.rawValue & UInt64(max(alignment, 1) - 1) == 0 else {
      throw RaisedStatus(.datatypeMisalignment)
    }
    let (end, overflow) = address.rawValue.addingReportingOverflow(byteCount.rawValue)
    guard !overflow, end <= manager.layout.userProbeAddress.rawValue else {
      throw RaisedStatus(.accessViolation)
    }
  }

  private var workExports: [Export] {
    [
      export("ExQueueWorkItem") { [self] (item: VirtualAddress, queue: UInt32) in
        // WORK_QUEUE_ITEM: a list entry, the routine and its parameter.
        let width = memory.architecture.pointerSize
        let routine = try memory.load(VirtualAddress.self, at: item + 2 * width)
        let parameter = try memory.load(GuestWord.self, at: item + 3 * width)
        _ = try dispatcher.createThread(GuestCall(routine, parameter.rawValue))
      }
    ]
  }
}
