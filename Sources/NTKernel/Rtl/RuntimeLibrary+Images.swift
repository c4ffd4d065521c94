import GuestABI
import NTStructures

/// The headers of images in memory.
///
/// The format is documented ("PE Format"). What a driver hands over is checked as far as it is read.
extension RuntimeLibrary {
  var imageExports: [Export] {
    [
      export("RtlImageNtHeader") { [self] (base: VirtualAddress) in try header(of: base) ?? .null },
      export("RtlImageDirectoryEntryToData") {
        [self]
        (base: VirtualAddress, isMapped: Bool, index: UInt16, size: GuestPointer<UInt32>) in
        try directory(index, of: base, isMapped: isMapped, size: size)
      },
      export("RtlFindExportedRoutineByName") {
        [self] (base: VirtualAddress, name: VirtualAddress) in
        try exportedRoutine(name, of: base)
      },
    ]
  }

  /// Returns where an image's `IMAGE_NT_HEADERS` are, or nil if it has none.
  private func header(of base: VirtualAddress) throws -> VirtualAddress? {
    guard base != .null, base.rawValue != UInt64.max else { return nil }
    guard try memory.load(UInt16.self, at: base) == 0x5A4D else { return nil }
    let offset = try memory.load(UInt32.self, at: base + 0x3C)
    // Windows takes no headers beyond 256 MiB.
    guard offset < 1 << 28 else { return nil }
    let header = base + Int(offset)
    return try memory.load(UInt32.self, at: header) == 0x4550 ? header : nil
  }

  /// Returns where an image's table of a kind is, or null.
  ///
  /// The corresponding kernel routine is `RtlImageDirectoryEntryToData`. The lowest bit of the address
  /// says that the image is mapped as a file.
  private func directory(
    _ index: UInt16,
    of address: VirtualAddress,
    isMapped: Bool,
    size: GuestPointer<UInt32>
  ) throws -> VirtualAddress {
    let isFile = address.rawValue & 1 != 0 || !isMapped
    let base = VirtualAddress(rawValue: address.rawValue & ~3)
    guard let header = try header(of: base) else { return .null }
    let optional = header + 24
    let isPlus: Bool
    switch try memory.load(UInt16.self, at: optional) {
    case 0x10B: isPlus = false
    case 0x20B: isPlus = true
    default: return .null
    }
    let count = try memory.load(UInt32.self, at: optional + (isPlus ? 108 : 92))
    guard UInt32(index) < count else { return .null }
    let entry = optional + ((isPlus ? 112 : 96) + Int(index) * 8)
    let place = try memory.load(UInt32.self, at: entry)
    guard place != 0 else { return .null }
    let headersSize = try memory.load(UInt32.self, at: optional + 60)
    guard isFile, place >= headersSize else {
      try memory.store(memory.load(UInt32.self, at: entry + 4), at: size.address)
      return base + Int(place)
    }
    let sections = optional + Int(try memory.load(UInt16.self, at: header + 20))
    for section in 0..<Int(try memory.load(UInt16.self, at: header + 6)) {
      let start = try memory.load(UInt32.self, at: sections + (section * 40 + 12))
      let rawSize = try memory.load(UInt32.self, at: sections + (section * 40 + 16))
      guard place >= start, place &- start < rawSize else { continue }
      let raw = try memory.load(UInt32.self, at: sections + (section * 40 + 20))
      try memory.store(memory.load(UInt32.self, at: entry + 4), at: size.address)
      return base + Int(place &- start) + Int(raw)
    }
    return .null
  }

  /// Returns the routine that an image exports by a name, or null.
  ///
  /// The corresponding kernel routine is `RtlFindExportedRoutineByName`.
  private func exportedRoutine(
    _ name: VirtualAddress,
    of base: VirtualAddress
  ) throws -> VirtualAddress {
    guard let header = try header(of: base) else { return .null }
    let isPlus = try memory.load(UInt16.self, at: header + 24) == 0x20B
    let entry = header + (24 + (isPlus ? 112 : 96))
    let start = try memory.load(UInt32.self, at: entry)
    let size = try memory.load(UInt32.self, at: entry + 4)
    guard start != 0, size != 0 else { return .null }
    let table = base + Int(start)
    let wanted = try memory.bytes(at: name, count: memory.length(of: name, UInt8.self))
    let count = try memory.load(UInt32.self, at: table + 24)
    let names = base + Int(try memory.load(UInt32.self, at: table + 32))
    // The names are sorted, by which NT searches them too.
    var (low, high) = (0, Int(count))
    while low < high {
      let middle = (low + high) / 2
      let text = base + Int(try memory.load(UInt32.self, at: names + middle * 4))
      let length = try memory.length(of: text, UInt8.self, atMost: wanted.count + 1)
      let found = try memory.bytes(at: text, count: length)
      guard found != wanted else {
        let ordinals = base + Int(try memory.load(UInt32.self, at: table + 36))
        let ordinal = try memory.load(UInt16.self, at: ordinals + middle * 2)
        guard try UInt32(ordinal) < memory.load(UInt32.self, at: table + 20) else { return .null }
        let routines = base + Int(try memory.load(UInt32.self, at: table + 28))
        let routine = try memory.load(UInt32.self, at: routines + Int(ordinal) * 4)
        guard routine < start || routine &- start >= size else {
          throw Unmodelled("RtlFindExportedRoutineByName: a forwarded name")
        }
        return base + Int(routine)
      }
      if found.lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
    }
    return .null
  }
}
