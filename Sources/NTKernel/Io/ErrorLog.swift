internal import GuestABI
internal import NTReleases

/// The error log: entries that drivers fill in, and that nobody reads in this machine.
final class ErrorLog {
  private let io: IoManager
  private var entries: [VirtualAddress: Int] = [:]

  /// Creates a log without entries.
  init(_ io: IoManager) { self.io = io }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("IoAllocateErrorLogEntry") { [self] (object: VirtualAddress, size: UInt8) in
        // sizeof(IO_ERROR_LOG_PACKET) is 48.
        guard 48 <= size, size <= io.manager.behaviour.largestErrorLogEntry else {
          throw Unmodelled("IoAllocateErrorLogEntry of \(size) bytes")
        }
        guard entries.values.reduce(0, +) + Int(size) <= 4096 else {
          throw Unmodelled("IoAllocateErrorLogEntry: more than a page of entries")
        }
        let tag: UInt32 = 0x7245_6F49  // "IoEr"
        guard let entry = try io.manager.allocatePool(Int(size), .nonpaged, tag: tag) else {
          return VirtualAddress.null
        }
        try io.memory.fill(at: entry, count: Int(size))
        entries[entry] = Int(size)
        return entry
      },
      // The service that would write the entry to disk does not run.
      export("IoWriteErrorLogEntry") { [self] (entry: VirtualAddress) in
        try remove(entry, "IoWriteErrorLogEntry")
      },
      export("IoFreeErrorLogEntry") { [self] (entry: VirtualAddress) in
        try remove(entry, "IoFreeErrorLogEntry")
      },
    ]
  }

  private func remove(_ entry: VirtualAddress, _ routine: String) throws {
    guard entries.removeValue(forKey: entry) != nil else {
      throw Unmodelled("\(routine): an address that is no entry")
    }
    try io.manager.freePool(entry)
  }
}
