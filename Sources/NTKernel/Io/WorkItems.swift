internal import GuestABI

/// Work items: routines of drivers that run on a system thread.
final class WorkItems {
  /// The routine that a system thread starts in; it is not in the export table.
  private static let startRoutine = "IopProcessWorkItem"

  /// One `IO_WORKITEM`.
  private final class Item {
    /// The device, or the driver, that the routine is called with.
    let object: VirtualAddress
    /// Whether `IoAllocateWorkItem` made the item.
    let isAllocated: Bool
    var isQueued = false

    init(object: VirtualAddress, isAllocated: Bool) {
      self.object = object
      self.isAllocated = isAllocated
    }
  }

  /// A call that is to be made.
  private struct Run {
    let item: VirtualAddress
    let routine: VirtualAddress
    let context: VirtualAddress
    /// Whether the routine is also given the item: `IO_WORKITEM_ROUTINE_EX`.
    let isExtended: Bool
  }

  private let io: IoManager
  private var items: [VirtualAddress: Item] = [:]
  private var runs: [UInt64: Run] = [:]
  private var nextRun: UInt64 = 1

  /// Creates a table without items.
  init(_ io: IoManager) { self.io = io }

  /// The bytes of an item, a structure whose size drivers ask for because it is the kernel's own:
  /// here a `WORK_QUEUE_ITEM` and five pointers.
  private var itemSize: Int { 9 * io.memory.architecture.pointerSize }

  /// The routines that drivers import.
  var exports: [Export] { lifeExports + queueExports }

  private var lifeExports: [Export] {
    [
      export("IoAllocateWorkItem") { [self] (device: VirtualAddress) in
        let manager = io.manager
        let tag: UInt32 = 0x2020_6F49  // "Io  "
        guard
          let item = try manager.allocatePool(
            itemSize,
            .nonpaged,
            tag: tag,
            caller: manager.context.caller
          )
        else { return VirtualAddress.null }
        try io.memory.fill(at: item, count: itemSize)
        items[item] = Item(object: device, isAllocated: true)
        return item
      },
      export("IoFreeWorkItem") { [self] (address: VirtualAddress) in
        let item = try idleItem(address, "IoFreeWorkItem")
        guard item.isAllocated else {
          throw Unmodelled("IoFreeWorkItem: an item that IoInitializeWorkItem set up")
        }
        items[address] = nil
        try io.manager.freePool(address)
      },
      export("IoSizeofWorkItem") { [self] () in UInt32(itemSize) },
      export("IoInitializeWorkItem") { [self] (object: VirtualAddress, item: VirtualAddress) in
        try io.memory.fill(at: item, count: itemSize)
        items[item] = Item(object: object, isAllocated: false)
      },
      export("IoUninitializeWorkItem") { [self] (item: VirtualAddress) in
        _ = try idleItem(item, "IoUninitializeWorkItem")
        items[item] = nil
      },
    ]
  }

  private var queueExports: [Export] {
    [("IoQueueWorkItem", false), ("IoQueueWorkItemEx", true)].map { name, isExtended in
      export(name) {
        [self]
        (
          item: VirtualAddress,
          routine: VirtualAddress,
          queue: UInt32,
          context: VirtualAddress
        ) in
        let run = Run(item: item, routine: routine, context: context, isExtended: isExtended)
        try start(run, name)
      }
    } + [
      export(Self.startRoutine) { [self] (number: GuestWord) in try perform(number.rawValue) }
    ]
  }

  /// Returns an item that is not queued.
  private func idleItem(_ address: VirtualAddress, _ routine: String) throws -> Item {
    guard let item = items[address] else {
      throw Unmodelled("\(routine): an address that is no work item")
    }
    guard !item.isQueued else { throw Unmodelled("\(routine): a work item that is queued") }
    return item
  }

  private func start(_ run: Run, _ routine: String) throws {
    let item = try idleItem(run.item, routine)
    let start = try io.addressOfRoutine(Self.startRoutine)
    item.isQueued = true
    runs[nextRun] = run
    _ = try io.dispatcher.createThread(GuestCall(start, nextRun))
    nextRun += 1
  }

  /// Calls the routine of an item, on the thread that was made for it.
  ///
  /// The item is free again before the call: its routine may free it.
  private func perform(_ number: UInt64) throws -> Completion {
    guard let run = runs.removeValue(forKey: number), let item = items[run.item] else {
      throw Unmodelled("a work item that is gone when it is to run")
    }
    item.isQueued = false
    // The kernel keeps a device that is deleted until the routine is done; this machine does not.
    let isDevice = io.devices.contains { $0.body == item.object }
    guard isDevice || io.drivers.contains(where: { $0.address == item.object }) else {
      throw Unmodelled("IoQueueWorkItem: a device that is deleted before the routine runs")
    }
    let call =
      run.isExtended
      ? GuestCall(
        run.routine,
        item.object.rawValue,
        run.context.rawValue,
        run.item.rawValue
      )
      : GuestCall(run.routine, item.object.rawValue, run.context.rawValue)
    return .call(call, then: { _ in .done })
  }
}
