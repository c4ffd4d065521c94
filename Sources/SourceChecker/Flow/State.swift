/// What is known at one point of one path through a function.
struct State: Hashable {
  /// An MDL's life, as far as the path shows it.
  struct MDL: Hashable {
    enum Contents: Hashable {
      /// Nothing is known of it.
      case unknown
      /// Allocated, and nothing else.
      case empty
      case nonpaged
      case locked
      case partial
      /// Its pages were allocated with it.
      case pages
      case unlocked
      /// Its pages were freed, it was not.
      case pagesFreed
    }

    var contents = Contents.unknown
    /// The routine that allocated it on this path.
    var allocator: Allocator?
    /// Where it was allocated.
    var allocation: Range<Int>?
    /// Whether something else knows of it, and may free it.
    var isEscaped = false
    /// Whether a function that is not known got it, or what it is kept in.
    var isPassedOn = false
    var isFreed = false
    /// The system mapping that was made on this path.
    var systemMapping: Symbol?
    var userMapping: Symbol?
    /// The memory that it was allocated for.
    var memory: Value?
    /// Whether its length was asked for.
    var isLengthKnown = false
    /// Whether its pages were mapped, or it was passed on.
    var wasUsed = false
    /// Whether `MDL_MAPPING_CAN_FAIL` was set.
    var canFail = false
    /// How its pages were locked: 0 to read, 1 to write, 2 to do both, or nil if that is not known.
    var lockOperation: Int?
    /// Where its pages were locked.
    var lock: Range<Int>?
    /// Whether it is of no more use.
    var isGone: Bool { isFreed || contents == .unlocked || contents == .pagesFreed }
  }

  enum Allocator: String, Hashable {
    case ioAllocateMdl = "IoAllocateMdl"
    case mmCreateMdl = "MmCreateMdl"
    case mmAllocatePages = "MmAllocatePagesForMdl"
  }

  var values = Environment()
  var mdls: [Symbol: MDL] = [:]
  var facts: [Test: Bool] = [:]
  /// Mappings that were removed.
  var unmapped: Set<Symbol> = []
  /// Addresses of mappings that were kept somewhere.
  var escapedAddresses: Set<Symbol> = []
  /// Mappings to which the byte offset of their MDL was put.
  var adjusted: Set<Symbol> = []
  /// Mappings of which the source asks where in a page they begin.
  var examined: Set<Symbol> = []
  /// The spin locks held, by what the source calls them.
  var spinLocks: [String] = []
  /// Where the path entered an exception handler, and how.
  var handler: Range<Int>?
  /// Whether the path asked which release it runs on.
  var asksRelease = false
  /// Whether a `__finally` block runs because of an exception.
  var isUnwinding = false

  /// Whether a symbol is known to be zero or not.
  func isNonzero(_ symbol: Symbol) -> Bool? {
    facts[.nonzero(symbol)] ?? facts[.success(symbol)].map { !$0 }
  }

  /// Forgets what was known of an earlier bearer of a symbol.
  mutating func renew(_ symbol: Symbol) {
    mdls[symbol] = nil
    unmapped.remove(symbol)
    escapedAddresses.remove(symbol)
    adjusted.remove(symbol)
    examined.remove(symbol)
    if !facts.isEmpty { facts = facts.filter { !$0.key.mentions(symbol) } }
    values.removeAll { place in
      switch place {
      case .field(let base, _), .pointee(let base): base == symbol
      case .variable: false
      }
    }
  }
}

extension Test {
  /// The symbols that the question is about.
  var symbols: [Symbol] {
    switch self {
    case .nonzero(let own), .success(let own), .flag(let own, _): [own]
    case .equal(let first, let second), .less(let first, let second):
      [first.symbol, second.symbol].compactMap { $0 }
    case .all(let parts): parts.flatMap(\.test.symbols)
    }
  }

  func mentions(_ symbol: Symbol) -> Bool { symbols.contains(symbol) }
}
