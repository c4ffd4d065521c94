internal import GuestABI
internal import NTStructures

/// Requests to be told of changes to directories, which file systems keep in lists.
///
/// The host keeps what waits, by the address of the list's head; the list itself stays empty.
final class NotifyLists {
  /// One open directory that is watched.
  private struct Watch {
    let list: VirtualAddress
    /// What the file system knows the open directory by.
    let context: VirtualAddress
    let directory: [UInt8]
    /// Whether characters take two bytes.
    let isWide: Bool
    let watchesTree: Bool
    /// `FILE_NOTIFY_CHANGE_…`.
    let filter: UInt32
    /// Whether changes are told without saying which.
    var ignoresBuffer: Bool
    /// The requests that wait, the oldest first.
    var requests: [GuestPointer<IRP>] = []
    /// The changes that nobody waited for, as `FILE_NOTIFY_INFORMATION`s.
    var changes: [Change] = []
    /// Whether more has changed than could be kept.
    var hasOverflown = false
  }

  private struct Change {
    let action: UInt32
    let name: [UInt8]
  }

  private let io: IoManager
  private var synchronizers: Set<VirtualAddress> = []
  private var watches: [Watch] = []

  /// Creates a table without watches.
  init(_ io: IoManager) { self.io = io }

  private var memory: AddressSpace { io.memory }

  /// `STATUS_NOTIFY_CLEANUP` and `STATUS_NOTIFY_ENUM_DIR`.
  private static let cleanedUp = NTStatus(0x10B)
  private static let enumerate = NTStatus(0x10C)

  /// The changes that are kept for one directory while nobody asks.
  private static var changeLimit: Int { 256 }

  /// The routines that drivers import.
  var exports: [Export] { lifeExports + [changeExport, reportExport] + cleanupExports }

  private var lifeExports: [Export] {
    [
      export("FsRtlNotifyInitializeSync") { [self] (place: VirtualAddress) in
        let block = try io.allocate(0x40, tag: "FSrN")
        synchronizers.insert(block)
        try memory.store(block, at: place)
      },
      export("FsRtlNotifyUninitializeSync") { [self] (place: VirtualAddress) in
        let block: VirtualAddress = try memory.load(at: place)
        guard block != .null else { return }
        guard synchronizers.remove(block) != nil else {
          throw Unmodelled("FsRtlNotifyUninitializeSync: a PNOTIFY_SYNC that is not initialized")
        }
        try io.manager.freePool(block)
        try memory.store(VirtualAddress.null, at: place)
      },
    ]
  }

  private var changeExport: Export {
    export("FsRtlNotifyFullChangeDirectory") {
      [self]
      (
        synchronizer: VirtualAddress,
        list: VirtualAddress,
        context: VirtualAddress,
        name: GuestPointer<CountedString>,
        watchesTree: Bool,
        ignoresBuffer: Bool,
        filter: UInt32,
        irp: GuestPointer<IRP>,
        traverse: VirtualAddress,
        subject: VirtualAddress
      ) in
      guard traverse == .null else {
        throw Unmodelled("FsRtlNotifyFullChangeDirectory: TraverseCallback")
      }
      // Without a request the directory is about to be deleted.
      guard !irp.isNull else {
        return try completeAll(of: list, context, NTStatus.deletePending)
      }
      let index = try watch(
        list,
        context,
        name,
        watchesTree,
        ignoresBuffer: ignoresBuffer,
        filter
      )
      if watches[index].hasOverflown {
        watches[index].hasOverflown = false
        watches[index].changes = []
        return try io.complete(irp, Self.enumerate).followed { _ in .done }
      }
      if !watches[index].changes.isEmpty {
        let changes = watches[index].changes
        watches[index].changes = []
        return try complete(irp, changes, watches[index].ignoresBuffer)
      }
      guard watches[index].requests.count < 1024 else {
        throw Unmodelled("more than 1,024 requests to be told of changes")
      }
      let location = try memory[irp].currentStackLocation
      try memory[location].store(memory[location].control.union(.pendingReturned), in: \.control)
      let cancel = try io.addressOfRoutine(Self.cancelRoutine)
      try memory[irp].store(GuestFunction(cancel), in: \.cancelRoutine)
      watches[index].requests.append(irp)
      return .done
    }
  }

  /// Finds or makes the watch of an open directory.
  private func watch(
    _ list: VirtualAddress,
    _ context: VirtualAddress,
    _ name: GuestPointer<CountedString>,
    _ watchesTree: Bool,
    ignoresBuffer: Bool,
    _ filter: UInt32
  ) throws -> Int {
    if let index = watches.firstIndex(where: { $0.list == list && $0.context == context }) {
      return index
    }
    guard watches.count < 4096 else { throw Unmodelled("more than 4,096 watched directories") }
    let directory = try memory.bytes(of: name)
    watches.append(
      Watch(
        list: list,
        context: context,
        directory: directory,
        isWide: directory.count > 1 && directory[1] == 0,
        watchesTree: watchesTree,
        filter: filter,
        ignoresBuffer: ignoresBuffer
      )
    )
    return watches.count - 1
  }

  /// The cancel routine of requests that wait; it is not in the export table.
  private static let cancelRoutine = "FsRtlpCancelNotify"

  private var cleanupExports: [Export] {
    [
      export("FsRtlNotifyCleanup") {
        [self] (synchronizer: VirtualAddress, list: VirtualAddress, context: VirtualAddress) in
        try completeAll(of: list, context, Self.cleanedUp)
      },
      export("FsRtlNotifyCleanupAll") {
        [self] (synchronizer: VirtualAddress, list: VirtualAddress) in
        try completeAll(of: list, nil, Self.cleanedUp)
      },
      export(Self.cancelRoutine) {
        [self] (device: VirtualAddress, irp: GuestPointer<IRP>) in
        // The cancel spin lock is held.
        try io.dispatcher.setIRQL(IRQL(rawValue: memory[irp].cancelIRQL))
        for index in watches.indices { watches[index].requests.removeAll { $0 == irp } }
        return try io.complete(irp, .cancelled).followed { _ in .done }
      },
    ]
  }

  private func completeAll(
    of list: VirtualAddress,
    _ context: VirtualAddress?,
    _ status: NTStatus
  ) throws -> Completion {
    let ending = watches.filter { $0.list == list && (context == nil || $0.context == context) }
    watches.removeAll { $0.list == list && (context == nil || $0.context == context) }
    return try complete(ending.flatMap(\.requests)[...], status)
  }

  private func complete(
    _ requests: ArraySlice<GuestPointer<IRP>>,
    _ status: NTStatus
  ) throws -> Completion {
    guard let irp = requests.first else { return .done }
    try memory[irp].store(GuestFunction(.null), in: \.cancelRoutine)
    return try io.complete(irp, status).followed { [self] _ in
      try complete(requests.dropFirst(), status)
    }
  }

  private var reportExport: Export {
    export("FsRtlNotifyFullReportChange") {
      [self]
      (
        synchronizer: VirtualAddress,
        list: VirtualAddress,
        target: GuestPointer<CountedString>,
        nameOffset: UInt16,
        stream: GuestPointer<CountedString>,
        parent: GuestPointer<CountedString>,
        filter: UInt32,
        action: UInt32,
        targetContext: VirtualAddress
      ) in
      guard stream.isNull else { throw Unmodelled("FsRtlNotifyFullReportChange: StreamName") }
      let name = try memory.bytes(of: target)
      var told: [(GuestPointer<IRP>, Change, Bool)] = []
      for index in watches.indices where watches[index].list == list {
        let watch = watches[index]
        guard watch.filter & filter != 0 else { continue }
        guard let relative = Self.name(name, Int(nameOffset), within: watch) else { continue }
        let change = Change(action: action, name: relative)
        if watch.requests.isEmpty {
          if watch.changes.count < Self.changeLimit {
            watches[index].changes.append(change)
          } else {
            watches[index].hasOverflown = true
          }
        } else {
          told.append((watches[index].requests.removeFirst(), change, watch.ignoresBuffer))
        }
      }
      return try tell(told[...])
    }
  }

  private func tell(
    _ told: ArraySlice<(GuestPointer<IRP>, Change, Bool)>
  ) throws -> Completion {
    guard let (irp, change, ignoresBuffer) = told.first else { return .done }
    try memory[irp].store(GuestFunction(.null), in: \.cancelRoutine)
    return try complete(irp, [change], ignoresBuffer).followed { [self] _ in
      try tell(told.dropFirst())
    }
  }

  /// Returns a file's name within a watched directory, or nil if it is not in it.
  private static func name(_ target: [UInt8], _ offset: Int, within watch: Watch) -> [UInt8]? {
    let separator: [UInt8] = watch.isWide ? [0x5C, 0] : [0x5C]
    var directory = watch.directory
    while directory.suffix(separator.count) == separator[...] {
      directory.removeLast(separator.count)
    }
    guard target.starts(with: directory + separator), offset <= target.count else { return nil }
    let start = directory.count + separator.count
    guard watch.watchesTree || offset == start else { return nil }
    return Array(target[start...])
  }

  /// Completes a request with changes, or without if there is no room for them.
  private func complete(
    _ irp: GuestPointer<IRP>,
    _ changes: [Change],
    _ ignoresBuffer: Bool
  ) throws -> Completion {
    let room = Int(try memory[memory[irp].currentStackLocation].length)
    var bytes: [UInt8] = []
    for (index, change) in changes.enumerated() {
      let size = (12 + change.name.count + 3) & ~3
      bytes.append(littleEndian: UInt32(index == changes.count - 1 ? 0 : size))
      bytes.append(littleEndian: change.action)
      bytes.append(littleEndian: UInt32(change.name.count))
      bytes += change.name + [UInt8](repeating: 0, count: size - 12 - change.name.count)
    }
    let mdl = try memory[irp].mdlAddress
    let user = try memory[irp].userBuffer
    let system = try memory[irp].systemBuffer
    guard !ignoresBuffer, bytes.count <= room else {
      return try io.complete(irp, Self.enumerate).followed { _ in .done }
    }
    let place: VirtualAddress
    if system != .null {
      place = system
    } else if !mdl.isNull {
      guard try memory[mdl].flags.contains(.mappedToSystemVA) else {
        throw Unmodelled("a request to be told of changes whose MDL is not mapped")
      }
      place = try memory[mdl].mappedSystemVA
    } else {
      place = user
    }
    // The caller's buffer is in the memory of its process.
    let thread = try memory[irp].thread
    let space = io.dispatcher.threads.first { $0.body == thread }?.ownSpace
    try io.manager.within(space ?? io.manager.currentSpace) {
      try memory.store(bytes: bytes, at: place)
    }
    return try io.complete(irp, .success, information: UInt64(bytes.count)).followed { _ in .done }
  }
}
