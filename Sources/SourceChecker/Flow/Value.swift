/// The number of a symbol: something whose value is not known, such as what a call returned.
struct Symbol: Hashable, Sendable, Comparable {
  let number: Int
  static func < (first: Self, second: Self) -> Bool { first.number < second.number }
}

/// A place that holds a value.
enum Place: Hashable, Sendable {
  /// A variable of a function, in one of its activations.
  case variable(String, frame: Int)
  /// A field of the structure at an address, or of a structure variable.
  case field(Symbol, String)
  /// What lies at an address.
  case pointee(Symbol)
}

/// What an expression is worth.
struct Value: Hashable, Sendable {
  enum Base: Hashable, Sendable {
    case symbol(Symbol)
    case integer(Int)
    case address(Place)
    /// A truth that was tested or may be.
    case test(Test, isTrue: Bool)
  }

  /// What was done to an address.
  struct Shape: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    /// The byte offset of the MDL was added.
    static let offsetAdded = Self(rawValue: 1)
    /// The byte offset of the MDL was put in by `|`, which leaves it right if it was in.
    static let offsetMerged = Self(rawValue: 2)
    /// Something else was added.
    static let displaced = Self(rawValue: 4)
    /// A constant was added.
    static let shifted = Self(rawValue: 64)
    /// It was rounded down to a page.
    static let pageAligned = Self(rawValue: 8)
    /// Only what it has within a page is left.
    static let lowBits = Self(rawValue: 16)
    /// It was cut to 32 bits.
    static let truncated = Self(rawValue: 32)
  }

  var base: Base
  var shape: Shape = []

  init(_ base: Base, _ shape: Shape = []) {
    self.base = base
    self.shape = shape
  }

  static func symbol(_ symbol: Symbol) -> Self { Self(.symbol(symbol)) }
  static func integer(_ number: Int) -> Self { Self(.integer(number)) }

  // Inlining these two makes the optimiser of Swift 6.3.1 stop at an assertion of its own.
  @inline(never) var symbol: Symbol? {
    if case .symbol(let symbol) = base { symbol } else { nil }
  }

  @inline(never) var integer: Int? {
    if case .integer(let number) = base { number } else { nil }
  }

  func with(_ shape: Shape) -> Self {
    var copy = self
    copy.shape.formUnion(shape)
    return copy
  }
}

/// A question about values that a branch asks.
enum Test: Hashable, Sendable {
  /// Whether it is not zero.
  case nonzero(Symbol)
  /// Whether it is a status that `NT_SUCCESS` accepts.
  case success(Symbol)
  /// Whether two values are equal.
  indirect case equal(Value, Value)
  /// Whether the first is less than the second.
  indirect case less(Value, Value)
  /// Whether a flag, by its name, is set in a value.
  case flag(Symbol, String)
  /// Whether several answers hold together.
  case all(Set<Part>)

  struct Part: Hashable, Sendable {
    let test: Test
    let isTrue: Bool
  }
}

/// What is known of a symbol wherever it is met.
struct SymbolInfo: Sendable {
  enum Kind: Sendable {
    case other
    /// What a routine returned that maps an MDL's pages.
    case mapping(Mapping)
    /// An MDL that a routine gave out.
    case mdl
    /// What `MmGetMdlByteOffset` returned for an MDL.
    case byteOffset(Symbol)
    case byteCount(Symbol)
    /// What `MmGetMdlVirtualAddress` returned for an MDL.
    case virtualAddress(Symbol)
    case flags(Symbol)
    /// Memory from a pool, with the kind of pool as the source names it.
    case pool(String)
    /// Memory whose start is the start of a page.
    case alignedMemory
    /// An address that a user's program gave.
    case userAddress
    /// A status constant.
    case status(isSuccess: Bool)
    case irp
  }

  /// A call that mapped pages.
  struct Mapping: Sendable {
    let routine: MappingRoutine
    let mdl: Symbol?
    let mode: AccessMode
    /// Whether the call can return NULL.
    let canBeNull: Bool
    let range: Range<Int>
  }

  let kind: Kind
  /// Where it came to be.
  let range: Range<Int>
  /// What the source calls it, such as `irp->MdlAddress`.
  let spelling: String
}

/// An access mode as a source names it.
enum AccessMode: Hashable, Sendable {
  case kernel, user, unknown
}

/// A routine that gives an address for an MDL's pages.
enum MappingRoutine: String, Sendable {
  case mapLockedPages = "MmMapLockedPages"
  case mapLockedPagesSpecifyCache = "MmMapLockedPagesSpecifyCache"
  case mapLockedPagesWithReservedMapping = "MmMapLockedPagesWithReservedMapping"
  case systemAddress = "MmGetSystemAddressForMdl"
  case systemAddressSafe = "MmGetSystemAddressForMdlSafe"

  /// Whether it uses the MDL's system mapping if there is one.
  var reusesMapping: Bool { self == .systemAddress || self == .systemAddressSafe }
}
