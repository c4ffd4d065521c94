internal import GuestABI
internal import NTStructures

/// Queues whose entries threads wait for: `KQUEUE`.
///
/// Of the threads that take entries of a queue, only so many are active at a time as the queue says;
/// one that waits for anything is not active, and lets another have an entry. Who waited last is
/// served first. The host keeps the counts and who waits; the entries are the guest's list.
extension Dispatcher {
  /// The routines that drivers import to work with queues.
  var queueExports: [Export] {
    [
      export("KeInitializeQueue") { [self] (queue: GuestPointer<KQueue>, count: UInt32) in
        try initialize(
          queue.address,
          .queue,
          byteCount: KQueue.size(on: memory.architecture),
          signalState: 0
        )
        let lists = (
          GuestPointer<ListEntry>(memory[queue].address(of: \.entryListHead)),
          GuestPointer<ListEntry>(memory[queue].address(of: \.threadListHead))
        )
        try initializeList(lists.0)
        try initializeList(lists.1)
        // 0 stands for the number of processors, which is one.
        try memory[queue].store(0, in: \.currentCount)
        try memory[queue].store(count == 0 ? 1 : count, in: \.maximumCount)
        activeThreads[queue] = nil
      },
      export("KeInsertQueue") { [self] (queue: GuestPointer<KQueue>, entry: VirtualAddress) in
        try insert(GuestPointer(entry), into: queue, atHead: false)
      },
      export("KeInsertHeadQueue") { [self] (queue: GuestPointer<KQueue>, entry: VirtualAddress) in
        try insert(GuestPointer(entry), into: queue, atHead: true)
      },
      export("KeRemoveQueue") {
        [self]
        (queue: GuestPointer<KQueue>, mode: ProcessorMode, timeout: GuestPointer<Int64>) in
        try removeEntry(from: queue, timeout: timeout)
      },
      export("KeRundownQueue", to: runDown(_:)),
      export("KeReadStateQueue") { [self] (queue: GuestPointer<DispatcherHeader>) in
        try memory[queue].signalState
      },
    ]
  }

  private func initializeList(_ head: GuestPointer<ListEntry>) throws {
    try memory.modify(head) { list in
      list.flink = head
      list.blink = head
    }
  }

  private func entries(of queue: GuestPointer<KQueue>) -> GuestPointer<ListEntry> {
    GuestPointer(memory[queue].address(of: \.entryListHead))
  }

  private func hasRoom(_ queue: GuestPointer<KQueue>) throws -> Bool {
    try activeThreads[queue, default: 0] < Int(memory[queue].maximumCount)
  }

  /// Adds an entry, or gives it to the thread that has waited for the shortest time.
  ///
  /// The corresponding kernel routines are `KeInsertQueue` and `KeInsertHeadQueue`.
  ///
  /// - Returns: The number of entries before.
  private func insert(
    _ entry: GuestPointer<ListEntry>,
    into queue: GuestPointer<KQueue>,
    atHead: Bool
  ) throws -> Int32 {
    let header = memory[GuestPointer<DispatcherHeader>(queue.address)]
    let old = try header.signalState
    if old == 0, try hasRoom(queue), let waiter = lastWaiter(for: queue) {
      wake(waiter, returning: entry.address)
      return old
    }
    let head = entries(of: queue)
    let (before, after) = atHead ? (head, try memory[head].flink) : (try memory[head].blink, head)
    try memory[entry].store(after, in: \.flink)
    try memory[entry].store(before, in: \.blink)
    try memory[before].store(entry, in: \.flink)
    try memory[after].store(entry, in: \.blink)
    try header.store(old &+ 1, in: \.signalState)
    return old
  }

  private func lastWaiter(for queue: GuestPointer<KQueue>) -> KernelThread? {
    threads.filter { $0.queue == queue && $0.queueTicket != nil }
      .max { ($0.queueTicket ?? 0) < ($1.queueTicket ?? 0) }
  }

  /// Takes an entry, if there is one and the thread may be active.
  private func takeEntry(of queue: GuestPointer<KQueue>) throws -> VirtualAddress? {
    let header = memory[GuestPointer<DispatcherHeader>(queue.address)]
    let count = try header.signalState
    guard count > 0, try hasRoom(queue) else { return nil }
    let head = entries(of: queue)
    let entry = try memory[head].flink
    let (after, before) = try (memory[entry].flink, memory[entry].blink)
    guard !after.isNull, !before.isNull, entry != head else {
      // INVALID_WORK_QUEUE_ITEM: the entry, the queue, and two addresses within the kernel.
      throw BugCheck(
        .invalidWorkQueueItem,
        entry.address.rawValue,
        queue.address.rawValue,
        nil,
        nil
      )
    }
    try memory[before].store(after, in: \.flink)
    try memory[after].store(before, in: \.blink)
    try header.store(count - 1, in: \.signalState)
    return entry.address
  }

  /// Takes an entry, or waits for one.
  ///
  /// The corresponding kernel routine is `KeRemoveQueue`.
  private func removeEntry(
    from queue: GuestPointer<KQueue>,
    timeout: GuestPointer<Int64>
  ) throws -> Completion {
    let thread = current
    let interval = timeout.isNull ? nil : try memory.load(Int64.self, at: timeout.address)
    if thread.queue != queue {
      try leaveQueue(thread)
      thread.queue = queue
    } else {
      removeActive(queue)
    }
    if let entry = try takeEntry(of: queue) {
      activeThreads[queue, default: 0] += 1
      return .returned(entry)
    }
    if interval == 0 {
      activeThreads[queue, default: 0] += 1
      return .returned(NTStatus.timeout)
    }
    guard irql < .dispatch else {
      throw Unmodelled("KeRemoveQueue: waiting at IRQL \(irql.rawValue)")
    }
    thread.waitObjects = []
    thread.deadline = interval.map(deadline(after:))
    thread.timeoutStatus = .timeout
    thread.queueTicket = nextQueueTicket
    nextQueueTicket += 1
    thread.state = .waiting
    return .wait
  }

  /// Removes all entries, and parts the queue from its threads.
  ///
  /// The corresponding kernel routine is `KeRundownQueue`.
  ///
  /// - Returns: The first entry of what is now a list without a head, or NULL.
  private func runDown(_ queue: GuestPointer<KQueue>) throws -> VirtualAddress {
    for thread in threads where thread.queue == queue {
      let waited = thread.queueTicket != nil
      thread.queue = nil
      if waited { wake(thread, returning: NTStatus.abandoned) }
    }
    activeThreads[queue] = nil
    let head = entries(of: queue)
    let first = try memory[head].flink
    guard first != head else { return .null }
    let last = try memory[head].blink
    try memory[first].store(last, in: \.blink)
    try memory[last].store(first, in: \.flink)
    try initializeList(head)
    try memory[GuestPointer<DispatcherHeader>(queue.address)].store(0, in: \.signalState)
    return first.address
  }

  /// Counts a thread that goes on among the active ones of its queue.
  func enterQueue(_ thread: KernelThread) {
    thread.queueTicket = nil
    if let queue = thread.queue { activeThreads[queue, default: 0] += 1 }
  }

  /// Takes a thread that stops from the active ones of its queue, so that another gets an entry.
  func leaveQueue(_ thread: KernelThread) throws {
    guard let queue = thread.queue else { return }
    removeActive(queue)
    if let waiter = lastWaiter(for: queue), let entry = try takeEntry(of: queue) {
      wake(waiter, returning: entry)
    }
  }

  private func removeActive(_ queue: GuestPointer<KQueue>) {
    activeThreads[queue] = max(0, activeThreads[queue, default: 0] - 1)
  }
}

extension NTStatus {
  /// `STATUS_ABANDONED`.
  static var abandoned: Self { Self(0x0000_0080) }
}
