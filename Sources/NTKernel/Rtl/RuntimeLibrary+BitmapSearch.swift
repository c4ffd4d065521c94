import GuestABI
import NTStructures

/// Searches for runs of bits in a bitmap.
extension RuntimeLibrary {
  private typealias Bitmap = GuestPointer<RTLBitmap>

  var bitmapSearchExports: [Export] {
    [
      export("RtlFindClearBits") { [self] (bitmap: Bitmap, count: UInt32, hint: UInt32) in
        try find(false, bitmap, count, hint)
      },
      export("RtlFindSetBits") { [self] (bitmap: Bitmap, count: UInt32, hint: UInt32) in
        try find(true, bitmap, count, hint)
      },
      export("RtlFindClearBitsAndSet") { [self] (bitmap: Bitmap, count: UInt32, hint: UInt32) in
        let start = try find(false, bitmap, count, hint)
        if start != .max { try set(true, bitmap, start, count) }
        return start
      },
      export("RtlFindSetBitsAndClear") { [self] (bitmap: Bitmap, count: UInt32, hint: UInt32) in
        let start = try find(true, bitmap, count, hint)
        if start != .max { try set(false, bitmap, start, count) }
        return start
      },
      export("RtlFindNextForwardRunClear") {
        [self] (bitmap: Bitmap, from: UInt32, start: GuestPointer<UInt32>) in
        try nextClearRun(bitmap, from, start)
      },
      export("RtlFindFirstRunClear") { [self] (bitmap: Bitmap, start: GuestPointer<UInt32>) in
        try nextClearRun(bitmap, 0, start)
      },
      export("RtlFindLongestRunClear", to: longestClearRun(_:start:)),
      export("RtlFindMostSignificantBit") { (value: UInt64) in
        UInt8(bitPattern: Int8(63 - value.leadingZeroBitCount))
      },
      export("RtlFindLeastSignificantBit") { (value: UInt64) in
        UInt8(bitPattern: value == 0 ? -1 : Int8(value.trailingZeroBitCount))
      },
    ]
  }

  /// Finds a run that is long enough, first from a hint on and then from the beginning.
  ///
  /// The corresponding kernel routine is `RtlFindClearBits`.
  ///
  /// - Returns: The run's first bit, or 0xFFFFFFFF.
  private func find(
    _ value: Bool,
    _ bitmap: Bitmap,
    _ length: UInt32,
    _ hint: UInt32
  ) throws -> UInt32 {
    let bits = try GuestBits(bitmap, in: memory)
    let hint = Int(hint) < bits.count ? Int(hint) : 0
    guard length > 0 else { return UInt32(hint & ~7) }
    guard Int(length) <= bits.count else { return .max }
    let start =
      try bits.run(of: value, Int(length), startingIn: hint..<bits.count)
      ?? bits.run(of: value, Int(length), startingIn: 0..<hint)
    return start.map(UInt32.init) ?? .max
  }

  private func nextClearRun(
    _ bitmap: Bitmap,
    _ from: UInt32,
    _ result: GuestPointer<UInt32>
  ) throws -> UInt32 {
    let bits = try GuestBits(bitmap, in: memory)
    var start = Int(from)
    var end = start
    if start < bits.count {
      start = try bits.first(false, in: start..<bits.count)
      end = try bits.first(true, in: start..<bits.count)
    }
    try memory.store(UInt32(start), at: result.address)
    return UInt32(end - start)
  }

  /// Finds the first of the longest runs of clear bits.
  ///
  /// The corresponding kernel routine is `RtlFindLongestRunClear`.
  private func longestClearRun(
    _ bitmap: GuestPointer<RTLBitmap>,
    start result: GuestPointer<UInt32>
  ) throws -> UInt32 {
    let bits = try GuestBits(bitmap, in: memory)
    var longest = 0..<0
    var start = try bits.first(false, in: 0..<bits.count)
    while start < bits.count {
      let end = try bits.first(true, in: start..<bits.count)
      if end - start > longest.count { longest = start..<end }
      start = try bits.first(false, in: end..<bits.count)
    }
    guard !longest.isEmpty else {
      throw Unmodelled("RtlFindLongestRunClear: a bitmap without clear bits")
    }
    try memory.store(UInt32(longest.lowerBound), at: result.address)
    return UInt32(longest.count)
  }
}
