internal import GuestABI
internal import NTStructures

/// The routines with which file systems decide whether a file may be opened once more: `SHARE_ACCESS`.
extension FileServices {
  /// The routines that drivers import.
  var shareExports: [Export] {
    [
      export("IoCheckShareAccess") {
        [self]
        (
          access: AccessMask,
          share: UInt32,
          file: GuestPointer<FileObject>,
          counts: VirtualAddress,
          updates: Bool
        ) in
        try check(access, share, file, counts, updates: updates)
      },
      export("IoCheckShareAccessEx") {
        [self]
        (
          access: AccessMask,
          share: UInt32,
          file: GuestPointer<FileObject>,
          counts: VirtualAddress,
          updates: Bool,
          writePermission: VirtualAddress
        ) in
        guard writePermission == .null else {
          throw Unmodelled("IoCheckShareAccessEx: WritePermission")
        }
        return try check(access, share, file, counts, updates: updates)
      },
      export("IoSetShareAccess") {
        [self]
        (
          access: AccessMask,
          share: UInt32,
          file: GuestPointer<FileObject>,
          counts: VirtualAddress
        ) in
        let mode = SharingCounts.Mode(access: access.rawValue, share: share)
        try publish(mode, in: file)
        var new = SharingCounts()
        new.add(mode)
        try store(new, at: counts)
      },
      export("IoUpdateShareAccess") {
        [self] (file: GuestPointer<FileObject>, counts: VirtualAddress) in
        var new = try self.counts(at: counts)
        new.add(try mode(of: file))
        try store(new, at: counts)
      },
      export("IoRemoveShareAccess") {
        [self] (file: GuestPointer<FileObject>, counts: VirtualAddress) in
        var new = try self.counts(at: counts)
        new.remove(try mode(of: file))
        try store(new, at: counts)
      },
    ]
  }

  private func check(
    _ access: AccessMask,
    _ share: UInt32,
    _ file: GuestPointer<FileObject>,
    _ place: VirtualAddress,
    updates: Bool
  ) throws -> NTStatus {
    let mode = SharingCounts.Mode(access: access.rawValue, share: share)
    // The file object tells of the access also when it is refused.
    try publish(mode, in: file)
    var counts = try counts(at: place)
    guard counts.allows(mode) else { return .sharingViolation }
    if updates {
      counts.add(mode)
      try store(counts, at: place)
    }
    return .success
  }

  /// Stores what a file is opened for in its file object.
  private func publish(_ mode: SharingCounts.Mode, in file: GuestPointer<FileObject>) throws {
    try memory.modify(file) { file in
      file.readAccess = mode.reads
      file.writeAccess = mode.writes
      file.deleteAccess = mode.deletes
      guard mode.counts else { return }
      file.sharedRead = mode.sharesRead
      file.sharedWrite = mode.sharesWrite
      file.sharedDelete = mode.sharesDelete
    }
  }

  private func mode(of file: GuestPointer<FileObject>) throws -> SharingCounts.Mode {
    let view = memory[file]
    var mode = SharingCounts.Mode()
    mode.reads = try view.readAccess
    mode.writes = try view.writeAccess
    mode.deletes = try view.deleteAccess
    mode.sharesRead = try view.sharedRead
    mode.sharesWrite = try view.sharedWrite
    mode.sharesDelete = try view.sharedDelete
    return mode
  }

  /// Reads a `SHARE_ACCESS`: seven counts.
  private func counts(at place: VirtualAddress) throws -> SharingCounts {
    let words = try (0..<7).map { try memory.load(UInt32.self, at: place + $0 * 4) }
    return SharingCounts(
      openCount: words[0],
      readers: words[1],
      writers: words[2],
      deleters: words[3],
      sharedRead: words[4],
      sharedWrite: words[5],
      sharedDelete: words[6]
    )
  }

  private func store(_ counts: SharingCounts, at place: VirtualAddress) throws {
    let words = [
      counts.openCount, counts.readers, counts.writers, counts.deleters, counts.sharedRead,
      counts.sharedWrite, counts.sharedDelete,
    ]
    for (index, word) in words.enumerated() { try memory.store(word, at: place + index * 4) }
  }
}
