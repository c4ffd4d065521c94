internal import GuestABI
internal import NTStructures

/// The queue of a device's requests.
///
/// The corresponding C type is `KDEVICE_QUEUE`.
struct DeviceQueue: GuestStructure {
  /// The start of a `LIST_ENTRY`.
  let listHead = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  let isBusy = Field<Bool>(x86: 0x10, x64: 0x20)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 20 : 40 }
}

/// What a device queue holds.
///
/// The corresponding C type is `KDEVICE_QUEUE_ENTRY`, which begins with a `LIST_ENTRY`.
struct DeviceQueueEntry: GuestStructure {
  let next = Field<GuestPointer<DeviceQueueEntry>>(x86: 0x00, x64: 0x00)
  let previous = Field<GuestPointer<DeviceQueueEntry>>(x86: 0x04, x64: 0x08)
  let sortKey = Field<UInt32>(x86: 0x08, x64: 0x10)
  let isInserted = Field<Bool>(x86: 0x0C, x64: 0x14)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 16 : 24 }
}

extension IoManager {
  /// The routines that drivers import to work with device queues.
  var deviceQueueExports: [Export] {
    [
      export("KeInsertDeviceQueue") {
        [self] (queue: GuestPointer<DeviceQueue>, entry: GuestPointer<DeviceQueueEntry>) in
        try insert(entry, in: queue, key: nil)
      },
      export("KeInsertByKeyDeviceQueue") {
        [self]
        (
          queue: GuestPointer<DeviceQueue>,
          entry: GuestPointer<DeviceQueueEntry>,
          key: UInt32
        ) in
        try insert(entry, in: queue, key: key)
      },
      export("KeRemoveDeviceQueue") { [self] (queue: GuestPointer<DeviceQueue>) in
        try removeEntry(from: queue, key: nil)
      },
      export("KeRemoveByKeyDeviceQueue") {
        [self] (queue: GuestPointer<DeviceQueue>, key: UInt32) in
        try removeEntry(from: queue, key: key)
      },
      export("KeRemoveByKeyDeviceQueueIfBusy") {
        [self] (queue: GuestPointer<DeviceQueue>, key: UInt32) in
        guard try memory[queue].isBusy else { return GuestPointer<DeviceQueueEntry>(.null) }
        return try removeEntry(from: queue, key: key)
      },
      export("KeRemoveEntryDeviceQueue") {
        [self] (queue: GuestPointer<DeviceQueue>, entry: GuestPointer<DeviceQueueEntry>) in
        guard try memory[entry].isInserted else { return false }
        try unlink(entry)
        return true
      },
    ]
  }

  /// Adds an entry to a queue, or makes the queue busy if it is not.
  ///
  /// The corresponding kernel routines are `KeInsertDeviceQueue` and `KeInsertByKeyDeviceQueue`.
  ///
  /// - Parameters:
  ///   - entry: The entry.
  ///   - queue: The queue.
  ///   - key: What entries are sorted by, or nil for the end of the queue.
  /// - Returns: Whether the entry is in the queue now.
  /// - Throws: A ``GuestFault`` if the queue cannot be read and written.
  func insert(
    _ entry: GuestPointer<DeviceQueueEntry>,
    in queue: GuestPointer<DeviceQueue>,
    key: UInt32?
  ) throws -> Bool {
    if let key { try memory[entry].store(key, in: \.sortKey) }
    guard try memory[queue].isBusy else {
      try memory[queue].store(true, in: \.isBusy)
      try memory[entry].store(false, in: \.isInserted)
      return false
    }
    // Behind the last entry whose key is not greater.
    let head = listHead(of: queue)
    var next = head
    if let key {
      next = try firstEntry(of: queue) { try memory[$0].sortKey > key } ?? head
    }
    let previous = try memory[next].previous
    try memory[entry].store(next, in: \.next)
    try memory[entry].store(previous, in: \.previous)
    try memory[previous].store(entry, in: \.next)
    try memory[next].store(entry, in: \.previous)
    try memory[entry].store(true, in: \.isInserted)
    return true
  }

  /// Takes an entry from a queue, or makes the queue not busy if it is empty.
  ///
  /// The corresponding kernel routines are `KeRemoveDeviceQueue` and `KeRemoveByKeyDeviceQueue`.
  ///
  /// - Parameters:
  ///   - queue: The queue.
  ///   - key: The least key of the entry that is wanted, or nil for the first; where all keys are
  ///     less, it is the first, too.
  /// - Returns: The entry, or null if the queue is empty.
  /// - Throws: A ``GuestFault`` if the queue cannot be read and written.
  func removeEntry(
    from queue: GuestPointer<DeviceQueue>,
    key: UInt32?
  ) throws -> GuestPointer<DeviceQueueEntry> {
    guard let first = try firstEntry(of: queue, where: { _ in true }) else {
      try memory[queue].store(false, in: \.isBusy)
      return GuestPointer(.null)
    }
    var entry = first
    if let key { entry = try firstEntry(of: queue) { try memory[$0].sortKey >= key } ?? first }
    try unlink(entry)
    return entry
  }

  private func unlink(_ entry: GuestPointer<DeviceQueueEntry>) throws {
    let next = try memory[entry].next
    let previous = try memory[entry].previous
    try memory[previous].store(next, in: \.next)
    try memory[next].store(previous, in: \.previous)
    try memory[entry].store(false, in: \.isInserted)
  }

  /// The list's head, which links like an entry.
  private func listHead(of queue: GuestPointer<DeviceQueue>) -> GuestPointer<DeviceQueueEntry> {
    GuestPointer(memory[queue].address(of: \.listHead))
  }

  private func firstEntry(
    of queue: GuestPointer<DeviceQueue>,
    where isWanted: (GuestPointer<DeviceQueueEntry>) throws -> Bool
  ) throws -> GuestPointer<DeviceQueueEntry>? {
    let head = listHead(of: queue)
    var entry = try memory[head].next
    for _ in 0..<0x10_0000 {
      if entry == head { return nil }
      if try isWanted(entry) { return entry }
      entry = try memory[entry].next
    }
    throw Unmodelled("a device queue that goes in circles")
  }
}
