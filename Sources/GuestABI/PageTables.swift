/// How a processor lays out its page tables.
public enum PageTableFormat: Sendable, CaseIterable {
  /// x86 without PAE: two levels of 4-byte entries.
  case twoLevel
  /// x86 with PAE: three levels of 8-byte entries.
  case pae
  /// AMD64: four levels of 8-byte entries.
  case fourLevel

  /// The bytes in one entry.
  @inlinable public var entrySize: Int { self == .twoLevel ? 4 : 8 }

  /// The number of levels, the root included.
  @inlinable
  public var levelCount: Int {
    switch self {
    case .twoLevel: 2
    case .pae: 3
    case .fourLevel: 4
    }
  }

  /// The address bits that the index into one table takes.
  @inlinable public var indexBitCount: Int { Int(indexBits) }

  /// Returns the number of entries in a table; level 0 holds the entries that map pages.
  public func entryCount(level: Int) -> Int {
    if self == .pae, level == 2 { return 4 }
    return 1 << indexBitCount
  }

  /// The address bits that one level's index takes.
  @inlinable var indexBits: UInt64 { self == .twoLevel ? 10 : 9 }

  /// The index into a table, where level 0 holds the entries that map pages.
  @inlinable
  @inline(__always)
  func index(of address: VirtualAddress, level: Int) -> UInt64 {
    (address.rawValue &>> (12 &+ indexBits &* UInt64(level))) & ((1 &<< indexBits) &- 1)
  }
}

/// A hardware page-table entry that the processor can use, in the bits of the Intel and AMD manuals.
public struct HardwarePTE: OptionSet, Hashable, Sendable {
  /// The entry's bits.
  public let rawValue: UInt64

  /// Creates an entry from its bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The page is mapped.
  @inlinable public static var present: Self { Self(rawValue: 1) }
  /// The page may be written.
  @inlinable public static var writable: Self { Self(rawValue: 2) }
  /// User mode may use the page.
  @inlinable public static var user: Self { Self(rawValue: 4) }
  /// Writes go through the cache.
  @inlinable public static var writeThrough: Self { Self(rawValue: 8) }
  /// The page is not cached.
  @inlinable public static var cacheDisabled: Self { Self(rawValue: 0x10) }
  /// The entry maps a large page.
  @inlinable public static var large: Self { Self(rawValue: 0x80) }
  /// Accesses are reported to the address space's observer.
  ///
  /// The processor ignores this bit.
  @inlinable public static var watched: Self { Self(rawValue: 0x200) }
  /// Writes are reported to the address space's observer, but not reads.
  ///
  /// The processor ignores this bit.
  @inlinable public static var writeWatched: Self { Self(rawValue: 0x400) }
  /// Instructions may not be fetched from the page.
  @inlinable public static var noExecute: Self { Self(rawValue: 1 << 63) }

  /// Creates an entry for a frame.
  @inlinable
  public init(_ frame: FrameNumber, _ options: Self) {
    rawValue = UInt64(frame) &<< 12 | options.rawValue
  }

  /// The frame that the entry maps, or the table that it refers to.
  @inlinable public var frame: FrameNumber {
    FrameNumber(clamping: (rawValue & Self.frameMask) >> 12)
  }

  @inlinable static var frameMask: UInt64 { 0x000F_FFFF_FFFF_F000 }
}

/// What a page table says of one page.
public struct Translation: Sendable {
  /// The frame behind the page.
  public let frame: FrameNumber
  /// Whether the page may be written.
  public let isWritable: Bool
  /// Whether instructions may be fetched from the page.
  public let isExecutable: Bool
  /// Whether user mode may use the page.
  public let isUser: Bool
  /// Whether accesses are reported to the address space's observer.
  public internal(set) var isWatched: Bool
  /// Whether writes are reported to the address space's observer.
  public let isWriteWatched: Bool

  @usableFromInline
  init(
    frame: FrameNumber,
    isWritable: Bool,
    isExecutable: Bool,
    isUser: Bool,
    isWatched: Bool,
    isWriteWatched: Bool
  ) {
    self.isWriteWatched = isWriteWatched
    self.frame = frame
    self.isWritable = isWritable
    self.isExecutable = isExecutable
    self.isUser = isUser
    self.isWatched = isWatched
  }
}

/// A tree of page tables in guest memory, as the processor walks it.
public struct PageTables {
  /// The memory that holds the tables.
  public let ram: GuestRAM
  /// How the tables are laid out.
  public let format: PageTableFormat
  /// The table that the processor's CR3 refers to.
  public let root: PhysicalAddress

  /// Creates a reference to the tables below a root.
  public init(ram: GuestRAM, format: PageTableFormat, root: PhysicalAddress) {
    self.ram = ram
    self.format = format
    self.root = root
    ram.markPageTable(root.frame)
  }

  /// Returns what an entry holds, or nothing where no memory is.
  @inlinable
  public func load(_ entry: PhysicalAddress) -> HardwarePTE {
    guard ram.contains(entry.frame) else { return [] }
    let host = ram.host(entry.frame) + entry.offsetInFrame
    if format.entrySize == 4 {
      return HardwarePTE(rawValue: UInt64(host.load(as: UInt32.self)))
    }
    return HardwarePTE(rawValue: host.load(as: UInt64.self))
  }

  /// Changes an entry.
  @inlinable
  public func store(_ pte: HardwarePTE, at entry: PhysicalAddress) {
    guard ram.contains(entry.frame) else { return }
    ram.markDirty(entry.frame)
    let host = ram.host(entry.frame) + entry.offsetInFrame
    if format.entrySize == 4 {
      host.storeBytes(of: UInt32(truncatingIfNeeded: pte.rawValue), as: UInt32.self)
    } else {
      host.storeBytes(of: pte.rawValue, as: UInt64.self)
    }
  }

  /// Whether an address can be used at all: 64-bit addresses must repeat bit 47 above it.
  @inlinable
  public func isCanonical(_ address: VirtualAddress) -> Bool {
    if format != .fourLevel { return address.rawValue >> 32 == 0 }
    let top = Int64(bitPattern: address.rawValue) >> 47
    return top == 0 || top == -1
  }

  /// Returns what the processor finds for an address, or nil if no page is mapped there.
  @inlinable
  public func translate(_ address: VirtualAddress) -> Translation? {
    guard isCanonical(address) else { return nil }
    var table = root
    var isWritable = true
    var isUser = true
    var isExecutable = true
    var level = format.levelCount &- 1
    while true {
      let index = format.index(of: address, level: level)
      let pte = load(table + Int(index) &* format.entrySize)
      guard pte.contains(.present) else { return nil }
      // The entries of PAE's root have no permission bits.
      if format != .pae || level != 2 {
        isWritable = isWritable && pte.contains(.writable)
        isUser = isUser && pte.contains(.user)
        isExecutable = isExecutable && !pte.contains(.noExecute)
      }
      if level == 0 {
        return Translation(
          frame: pte.frame,
          isWritable: isWritable,
          isExecutable: isExecutable,
          isUser: isUser,
          isWatched: pte.contains(.watched),
          isWriteWatched: pte.contains(.writeWatched)
        )
      }
      if level == 1, pte.contains(.large) {
        let within =
          FrameNumber(truncatingIfNeeded: address.pageNumber) & (1 << format.indexBits - 1)
        return Translation(
          frame: pte.frame | within,
          isWritable: isWritable,
          isExecutable: isExecutable,
          isUser: isUser,
          isWatched: false,
          isWriteWatched: false
        )
      }
      table = PhysicalAddress(frame: pte.frame)
      level &-= 1
    }
  }

  /// Returns where the entry that maps an address is, or nil if its table does not exist.
  @inlinable
  public func entry(for address: VirtualAddress) -> PhysicalAddress? {
    guard isCanonical(address) else { return nil }
    var table = root
    var level = format.levelCount &- 1
    while level > 0 {
      let index = format.index(of: address, level: level)
      let pte = load(table + Int(index) &* format.entrySize)
      guard pte.contains(.present), !pte.contains(.large) else { return nil }
      table = PhysicalAddress(frame: pte.frame)
      level &-= 1
    }
    return table + Int(format.index(of: address, level: 0)) &* format.entrySize
  }

  /// Returns where the entry that maps an address is, having made the tables that lead to it.
  ///
  /// - Parameters:
  ///   - address: A canonical address.
  ///   - allocateTable: Returns a zeroed frame for a table.
  /// - Returns: The entry's place.
  /// - Throws: What `allocateTable` throws, or ``GuestFault`` if the address cannot be mapped.
  public func makeEntry(
    for address: VirtualAddress,
    allocateTable: () throws -> FrameNumber
  ) throws -> PhysicalAddress {
    guard isCanonical(address) else { throw GuestFault(at: address, access: .write) }
    var table = root
    for level in stride(from: format.levelCount - 1, to: 0, by: -1) {
      let index = format.index(of: address, level: level)
      let entry = table + Int(index) * format.entrySize
      var pte = load(entry)
      if !pte.contains(.present) {
        let frame = try allocateTable()
        ram.markPageTable(frame)
        // What a table may do is decided by the entries that map pages.
        let isPAERoot = format == .pae && level == 2
        pte = HardwarePTE(frame, isPAERoot ? .present : [.present, .writable, .user])
        store(pte, at: entry)
      }
      table = PhysicalAddress(frame: pte.frame)
    }
    return table + Int(format.index(of: address, level: 0)) * format.entrySize
  }
}
