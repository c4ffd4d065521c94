import GuestABI
import NTStructures

/// Bytes that are copied, set and compared.
///
/// A length that leaves mapped memory ends with the fault of the first byte that is not mapped.
extension RuntimeLibrary {
  var memoryExports: [Export] {
    [
      export("RtlMoveMemory", to: move(to:from:_:)),
      export("RtlCopyMemory", to: copy("RtlCopyMemory")),
      export("RtlCopyMemoryNonTemporal", to: copy("RtlCopyMemoryNonTemporal")),
      export("RtlFillMemory") {
        [self] (destination: VirtualAddress, size: GuestWord, byte: UInt8) in
        try memory.fill(at: destination, count: size.byteCount, with: byte)
      },
      export("RtlZeroMemory") { [self] (destination: VirtualAddress, size: GuestWord) in
        try memory.fill(at: destination, count: size.byteCount)
      },
      export("RtlFillMemoryUlong") {
        [self] (destination: VirtualAddress, size: GuestWord, pattern: UInt32) in
        for index in 0..<size.byteCount / 4 {
          try memory.store(pattern, at: destination + index * 4)
        }
      },
      export("RtlFillMemoryUlonglong") {
        [self] (destination: VirtualAddress, size: GuestWord, pattern: UInt64) in
        for index in 0..<size.byteCount / 8 {
          try memory.store(pattern, at: destination + index * 8)
        }
      },
      export("RtlCompareMemory") {
        [self] (first: VirtualAddress, second: VirtualAddress, size: GuestWord) in
        GuestWord(try firstDifference(first, second, size.byteCount)?.index ?? size.byteCount)
      },
      export("RtlCompareMemoryUlong") {
        [self] (source: VirtualAddress, size: GuestWord, pattern: UInt32) in
        guard source.rawValue % 4 == 0 else {
          throw Unmodelled("RtlCompareMemoryUlong: an address that is not aligned")
        }
        var index = 0
        while index < size.byteCount / 4,
          try memory.load(UInt32.self, at: source + index * 4) == pattern
        {
          index += 1
        }
        return GuestWord(index * 4)
      },
      export("RtlPrefetchMemoryNonTemporal", .fastcall) {
        (source: VirtualAddress, size: GuestWord) in
        // A prefetch changes nothing that a driver can see, and does not fault.
      },
      export("memmove", .cdecl, to: moveReturningDestination(to:from:_:)),
      export("memcpy", .cdecl) {
        [self] (destination: VirtualAddress, source: VirtualAddress, size: GuestWord) in
        try copy("memcpy")(destination, source, size)
        return destination
      },
      export("memset", .cdecl) {
        [self] (destination: VirtualAddress, byte: UInt8, size: GuestWord) in
        try memory.fill(at: destination, count: size.byteCount, with: byte)
        return destination
      },
      export("memcmp", .cdecl) {
        [self] (first: VirtualAddress, second: VirtualAddress, size: GuestWord) in
        try firstDifference(first, second, size.byteCount)?.order ?? 0
      },
      export("memchr", .cdecl) { [self] (source: VirtualAddress, byte: UInt8, size: GuestWord) in
        for index in 0..<size.byteCount
        where try memory.load(UInt8.self, at: source + index) == byte {
          return source + index
        }
        return VirtualAddress.null
      },
      export(
        "memcpy_s",
        .cdecl,
        to: secureCopy("memcpy_s") { [self] in try copy("memcpy_s")($0, $1, $2) }
      ),
      export("memmove_s", .cdecl, to: secureCopy("memmove_s", move(to:from:_:))),
      export("RtlUshortByteSwap", .fastcall) { (value: UInt16) in value.byteSwapped },
      export("RtlUlongByteSwap", .fastcall) { (value: UInt32) in value.byteSwapped },
      export("RtlUlonglongByteSwap", .fastcall) { (value: UInt64) in value.byteSwapped },
    ]
  }

  private func move(
    to destination: VirtualAddress,
    from source: VirtualAddress,
    _ size: GuestWord
  ) throws {
    try memory.copy(from: source, to: destination, count: size.byteCount)
  }

  private func moveReturningDestination(
    to destination: VirtualAddress,
    from source: VirtualAddress,
    _ size: GuestWord
  ) throws -> VirtualAddress {
    try move(to: destination, from: source, size)
    return destination
  }

  /// Returns a copy between ranges that must not overlap, except that compilers copy a structure
  /// onto itself.
  private func copy(
    _ routine: String
  ) -> (VirtualAddress, VirtualAddress, GuestWord) throws -> Void {
    { [memory] destination, source, size in
      let isApart =
        source == destination
        || source.rawValue &- destination.rawValue >= size.rawValue
          && destination.rawValue &- source.rawValue >= size.rawValue
      guard isApart else { throw Unmodelled("\(routine): ranges that overlap") }
      try memory.copy(from: source, to: destination, count: size.byteCount)
    }
  }

  /// Returns a copy that knows how much room there is, as far as there is enough.
  private func secureCopy(
    _ routine: String,
    _ body: @escaping (VirtualAddress, VirtualAddress, GuestWord) throws -> Void
  ) -> (VirtualAddress, GuestWord, VirtualAddress, GuestWord) throws -> Int32 {
    { destination, room, source, size in
      guard size.rawValue > 0 else { return 0 }
      guard destination != .null, source != .null, size.rawValue <= room.rawValue else {
        throw Unmodelled("\(routine): an invalid parameter")
      }
      try body(destination, source, size)
      return 0
    }
  }

  /// Returns where two ranges differ first, and -1 or 1 for how.
  private func firstDifference(
    _ first: VirtualAddress,
    _ second: VirtualAddress,
    _ count: Int
  ) throws -> (index: Int, order: Int32)? {
    for index in 0..<count {
      let one = try memory.load(UInt8.self, at: first + index)
      let other = try memory.load(UInt8.self, at: second + index)
      if one != other { return (index, one < other ? -1 : 1) }
    }
    return nil
  }
}
