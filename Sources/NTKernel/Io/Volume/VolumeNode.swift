internal import NTStructures

/// A file or directory of the volume in memory.
final class VolumeNode {
  /// The number that stands for the file: `FILE_INTERNAL_INFORMATION`.
  let id: UInt64
  let isDirectory: Bool
  /// The last component of its path, as it was written when the file was made.
  var name: String
  /// The directory that it is in, or 0 for the root.
  var parent: UInt64
  /// `FILE_ATTRIBUTE_…`, without `FILE_ATTRIBUTE_DIRECTORY`.
  var attributes: UInt32
  var times: Times
  /// What a file holds.
  var data: [UInt8] = []
  /// What a directory holds.
  var children: [ObjectName: UInt64] = [:]
  /// The files that are open on it.
  var openCount = 0
  /// Whether it goes away with the last open file.
  var isDeletePending = false
  var sharing = SharingCounts()
  /// The block in the guest's memory that its file objects point to, once one was opened.
  var control: FileControlBlock?

  init(
    id: UInt64,
    name: String,
    parent: UInt64,
    isDirectory: Bool,
    attributes: UInt32,
    time: Int64
  ) {
    self.id = id
    self.name = name
    self.parent = parent
    self.isDirectory = isDirectory
    self.attributes = attributes
    times = Times(creation: time, access: time, write: time, change: time)
  }

  /// In units of 100 ns since 1601.
  struct Times {
    var creation: Int64
    var access: Int64
    var write: Int64
    var change: Int64
  }

  /// `FILE_ATTRIBUTE_READONLY`.
  var isReadOnly: Bool { attributes & 1 != 0 }

  /// What queries return: the directory bit, and `FILE_ATTRIBUTE_NORMAL` for a file with no other.
  var reportedAttributes: UInt32 {
    if isDirectory { return attributes | 0x10 }
    return attributes == 0 ? 0x80 : attributes
  }

  /// The bytes that the file takes of the volume, in clusters of 4 KiB.
  var allocatedByteCount: Int { (data.count + 4095) & ~4095 }
}

/// Who has a file open for what, and lets others: the counts of a `SHARE_ACCESS`.
struct SharingCounts {
  var openCount: UInt32 = 0
  var readers: UInt32 = 0
  var writers: UInt32 = 0
  var deleters: UInt32 = 0
  var sharedRead: UInt32 = 0
  var sharedWrite: UInt32 = 0
  var sharedDelete: UInt32 = 0

  /// What one open file does, and lets others do.
  struct Mode {
    var reads = false
    var writes = false
    var deletes = false
    var sharesRead = false
    var sharesWrite = false
    var sharesDelete = false

    /// Whether the file is opened for more than its attributes.
    var counts: Bool { reads || writes || deletes }

    /// Creates the mode that access rights and `FILE_SHARE_…` mean.
    ///
    /// `FILE_EXECUTE` counts as reading, and `FILE_APPEND_DATA` as writing.
    init(access: UInt32, share: UInt32) {
      reads = access & 0x21 != 0
      writes = access & 0x06 != 0
      deletes = access & 0x1_0000 != 0
      guard counts else { return }
      sharesRead = share & 1 != 0
      sharesWrite = share & 2 != 0
      sharesDelete = share & 4 != 0
    }

    init() {}
  }

  /// Whether a file can be opened once more.
  func allows(_ mode: Mode) -> Bool {
    guard mode.counts else { return true }
    let isShared =
      (!mode.reads || sharedRead == openCount) && (!mode.writes || sharedWrite == openCount)
      && (!mode.deletes || sharedDelete == openCount)
    return isShared && (readers == 0 || mode.sharesRead) && (writers == 0 || mode.sharesWrite)
      && (deleters == 0 || mode.sharesDelete)
  }

  /// Counts an open file more.
  mutating func add(_ mode: Mode) { change(mode) { $0 &+ 1 } }

  /// Counts an open file less.
  mutating func remove(_ mode: Mode) { change(mode) { $0 &- 1 } }

  private mutating func change(_ mode: Mode, _ step: (UInt32) -> UInt32) {
    guard mode.counts else { return }
    openCount = step(openCount)
    if mode.reads { readers = step(readers) }
    if mode.writes { writers = step(writers) }
    if mode.deletes { deleters = step(deleters) }
    if mode.sharesRead { sharedRead = step(sharedRead) }
    if mode.sharesWrite { sharedWrite = step(sharedWrite) }
    if mode.sharesDelete { sharedDelete = step(sharedDelete) }
  }
}
