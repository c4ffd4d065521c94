internal import GuestABI
internal import NTStructures

/// Opportunistic locks: promises to one who has a file open that nobody else uses it.
///
/// None is ever granted here, because a request for one ends the run; so nothing is ever broken, and
/// every check lets the request go on.
final class Oplocks {
  private let io: IoManager
  private var locks: Set<VirtualAddress> = []

  /// Creates a table without locks.
  init(_ io: IoManager) { self.io = io }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("FsRtlInitializeOplock") { [self] (lock: VirtualAddress) in
        guard locks.count < 1_000_000 else { throw Unmodelled("more than a million oplocks") }
        // OPLOCK is a pointer to what the kernel keeps.
        try io.memory.store(VirtualAddress.null, at: lock)
        locks.insert(lock)
      },
      export("FsRtlUninitializeOplock") { [self] (lock: VirtualAddress) in
        try check(lock, "FsRtlUninitializeOplock")
        locks.remove(lock)
      },
      export("FsRtlCheckOplock") {
        [self]
        (
          lock: VirtualAddress,
          irp: GuestPointer<IRP>,
          context: VirtualAddress,
          completion: VirtualAddress,
          post: VirtualAddress
        ) in
        try check(lock, "FsRtlCheckOplock")
        return NTStatus.success
      },
      export("FsRtlCheckOplockEx") {
        [self]
        (
          lock: VirtualAddress,
          irp: GuestPointer<IRP>,
          flags: UInt32,
          context: VirtualAddress,
          completion: VirtualAddress,
          post: VirtualAddress
        ) in
        try check(lock, "FsRtlCheckOplockEx")
        return NTStatus.success
      },
      export("FsRtlOplockBreakH") {
        [self]
        (
          lock: VirtualAddress,
          irp: GuestPointer<IRP>,
          flags: UInt32,
          context: VirtualAddress,
          completion: VirtualAddress,
          post: VirtualAddress
        ) in
        try check(lock, "FsRtlOplockBreakH")
        return NTStatus.success
      },
      export("FsRtlOplockIsFastIoPossible") { [self] (lock: VirtualAddress) in
        try check(lock, "FsRtlOplockIsFastIoPossible")
        return true
      },
      export("FsRtlCurrentBatchOplock") { [self] (lock: VirtualAddress) in
        try check(lock, "FsRtlCurrentBatchOplock")
        return false
      },
      export("FsRtlCurrentOplock") { [self] (lock: VirtualAddress) in
        try check(lock, "FsRtlCurrentOplock")
        return false
      },
      export("FsRtlCurrentOplockH") { [self] (lock: VirtualAddress) in
        try check(lock, "FsRtlCurrentOplockH")
        return false
      },
      export("FsRtlOplockFsctrl") {
        [self] (lock: VirtualAddress, irp: GuestPointer<IRP>, openCount: UInt32) -> NTStatus in
        try check(lock, "FsRtlOplockFsctrl")
        throw Unmodelled("FsRtlOplockFsctrl: granting an oplock")
      },
    ]
  }

  private func check(_ lock: VirtualAddress, _ routine: String) throws {
    guard locks.contains(lock) else {
      throw Unmodelled("\(routine): an OPLOCK that is not initialized")
    }
  }
}
