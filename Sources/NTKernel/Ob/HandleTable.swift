/// The handles of one process, or of the kernel.
///
/// Handles are multiples of four, and drivers may keep marks in the two low bits. A number is not
/// used again, so that a handle that was closed stays closed.
struct HandleTable {
  /// What a handle stands for.
  struct Entry {
    let object: KernelObject
    let access: AccessMask
    let attributes: ObjectAttributeFlags
  }

  private var entries: [UInt32: Entry] = [:]
  private var last: UInt32 = 0

  /// The handles that one run may open, as a bound on what a driver can make of the host's memory.
  static var limit: UInt32 { 4_000_000 }

  /// Whether as many handles have been opened as one run may open.
  var isExhausted: Bool { last / 4 >= Self.limit }

  /// The number of handles that are open.
  var count: Int { entries.count }

  /// The entries, in the order in which they were made.
  var all: [Entry] { numbered.map(\.value) }

  /// The entries with their numbers, in the order in which they were made.
  var numbered: [(key: UInt32, value: Entry)] { entries.sorted { $0.key < $1.key } }

  /// Adds an entry and returns its number.
  mutating func insert(_ entry: Entry) -> UInt32 {
    last += 4
    entries[last] = entry
    return last
  }

  /// Changes the attributes of an entry that exists.
  mutating func setAttributes(_ attributes: ObjectAttributeFlags, of number: UInt32) {
    guard let entry = entries[number & ~3] else { return }
    entries[number & ~3] = Entry(
      object: entry.object,
      access: entry.access,
      attributes: attributes
    )
  }

  /// The entry that a number stands for.
  subscript(number: UInt32) -> Entry? { entries[number & ~3] }

  /// Removes an entry and returns it.
  mutating func remove(_ number: UInt32) -> Entry? { entries.removeValue(forKey: number & ~3) }
}
