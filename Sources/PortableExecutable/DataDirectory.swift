/// The place of a table in an image.
public struct DataDirectory: Hashable, Sendable {
  /// Where the table begins.
  public let address: RVA

  /// The number of bytes of the table.
  public let size: UInt32

  /// Creates the place of a table.
  public init(address: RVA, size: UInt32) {
    self.address = address
    self.size = size
  }

  var range: Range<Int> { address.offset..<address.offset + Int(size) }
}

extension DataDirectory {
  /// The tables by their index (Microsoft PE/COFF specification, "Optional Header Data
  /// Directories").
  enum Kind: Int {
    case exports = 0
    case imports = 1
    case resources = 2
    case exceptions = 3
    case relocations = 5
    case debug = 6
    case threadLocalStorage = 9
    case loadConfiguration = 10
  }
}
