package import GuestABI

/// The tables that say how to unwind the routines of x64 images.
///
/// The format is documented (Microsoft Docs, "x64 exception handling"). The entries are read from the
/// guest's memory each time, where a driver may have changed them.
package final class FunctionTables {
  private struct Table {
    let image: Range<VirtualAddress>
    let directory: Range<VirtualAddress>
  }

  /// The bytes of a `RUNTIME_FUNCTION`.
  static var entrySize: Int { 12 }

  private let memory: AddressSpace
  private var tables: [Table] = []

  init(memory: AddressSpace) { self.memory = memory }

  /// Notes that an image is loaded.
  ///
  /// - Parameters:
  ///   - image: The addresses of the image.
  ///   - directory: Where its table is, which is empty if it has none.
  package func insert(_ image: Range<VirtualAddress>, directory: Range<VirtualAddress>) {
    tables.append(Table(image: image, directory: directory))
  }

  /// Forgets an image.
  package func remove(_ image: Range<VirtualAddress>) { tables.removeAll { $0.image == image } }

  /// Returns the start of the image that an address is in, or nil.
  func imageBase(of pc: VirtualAddress) -> VirtualAddress? {
    tables.first { $0.image.contains(pc) }?.image.lowerBound
  }

  /// Returns the entry of the routine that an address is in, or nil for one without an entry.
  ///
  /// - Throws: `GuestFault` if the table cannot be read.
  func entry(for pc: VirtualAddress) throws(GuestFault) -> FunctionEntry? {
    guard let table = tables.first(where: { $0.image.contains(pc) }) else { return nil }
    let base = table.image.lowerBound
    let offset = UInt32(truncatingIfNeeded: pc.rawValue &- base.rawValue)
    var low = 0
    let size = table.directory.upperBound.rawValue - table.directory.lowerBound.rawValue
    var high = Int(size) / Self.entrySize
    while low < high {
      let middle = (low + high) / 2
      let place = table.directory.lowerBound + middle * Self.entrySize
      let entry = try FunctionEntry(at: place, imageBase: base, memory)
      if offset < entry.begin {
        high = middle
      } else if offset >= entry.end {
        low = middle + 1
      } else {
        // The lowest bit says that the word leads to another entry.
        guard entry.unwindData & 1 != 0 else { return entry }
        return try FunctionEntry(at: base + Int(entry.unwindData & ~1), imageBase: base, memory)
      }
    }
    return nil
  }
}

/// An entry of a function table: `RUNTIME_FUNCTION`.
struct FunctionEntry: Hashable {
  /// Where the entry is.
  let address: VirtualAddress
  let imageBase: VirtualAddress
  /// The offsets of the routine's first byte and of the byte after its last.
  let begin: UInt32
  let end: UInt32
  /// The offset of its unwind information.
  let unwindData: UInt32

  init(
    at address: VirtualAddress,
    imageBase: VirtualAddress,
    _ memory: AddressSpace
  ) throws(GuestFault) {
    self.address = address
    self.imageBase = imageBase
    begin = try memory.load(at: address)
    end = try memory.load(at: address + 4)
    unwindData = try memory.load(at: address + 8)
  }

  /// Where the unwind information is.
  var information: VirtualAddress { imageBase + Int(unwindData) }
}
