import GuestABI

/// Routines for parts of a bitmap, most of which later releases added.
extension RuntimeLibrary {
  private typealias Bitmap = GuestPointer<RTLBitmap>

  var bitmapRangeExports: [Export] {
    [
      export("RtlFindClearRuns") {
        [self] (bitmap: Bitmap, runs: VirtualAddress, limit: UInt32, longest: Bool) in
        try findClearRuns(bitmap, runs, Int(limit), longest)
      },
      export("RtlFindLastBackwardRunClear") {
        [self] (bitmap: Bitmap, from: UInt32, start: GuestPointer<UInt32>) in
        let bits = try GuestBits(bitmap, in: memory)
        guard Int(from) < bits.count else {
          throw Unmodelled("RtlFindLastBackwardRunClear: an index past the bitmap's end")
        }
        var end = Int(from)
        while end >= 0, try isSet(end, bits) { end -= 1 }
        var first = end
        while first > 0, try !isSet(first - 1, bits) { first -= 1 }
        try memory.store(UInt32(max(first, 0)), at: start.address)
        return UInt32(end < 0 ? 0 : end - first + 1)
      },
      export("RtlNumberOfSetBitsUlongPtr") { (value: GuestWord) in
        UInt32(value.rawValue.nonzeroBitCount)
      },
      export("RtlNumberOfSetBitsInRange") {
        [self] (bitmap: Bitmap, start: UInt32, length: UInt32) in
        try count(true, bitmap, start, length)
      },
      export("RtlNumberOfClearBitsInRange") {
        [self] (bitmap: Bitmap, start: UInt32, length: UInt32) in
        try count(false, bitmap, start, length)
      },
      export("RtlInterlockedSetBitRun") { [self] (bitmap: Bitmap, start: UInt32, count: UInt32) in
        try set(true, bitmap, start, count)
      },
      export("RtlInterlockedClearBitRun") {
        [self] (bitmap: Bitmap, start: UInt32, count: UInt32) in
        try set(false, bitmap, start, count)
      },
    ]
  }

  private func isSet(_ index: Int, _ bits: GuestBits) throws -> Bool {
    try bits.first(true, in: index..<index + 1) == index
  }

  private func count(
    _ value: Bool,
    _ bitmap: GuestPointer<RTLBitmap>,
    _ start: UInt32,
    _ length: UInt32
  ) throws -> UInt32 {
    let bits = try GuestBits(bitmap, in: memory)
    let end = Int(start) + Int(length)
    guard end <= bits.count else { throw Unmodelled("a range of bits past the bitmap's end") }
    var place = Int(start)
    var total = 0
    while place < end {
      let first = try bits.first(value, in: place..<end)
      place = try bits.first(!value, in: first..<end)
      total += place - first
    }
    return UInt32(total)
  }

  /// Finds runs of clear bits: the first ones, or the longest ones, longest first.
  ///
  /// The corresponding kernel routine is `RtlFindClearRuns`. Which of several equally long runs come
  /// first is not documented; here the earlier ones.
  ///
  /// - Returns: The number of runs that were stored.
  /// - Throws: A `GuestFault` if the bitmap or the array cannot be accessed.
  private func findClearRuns(
    _ bitmap: GuestPointer<RTLBitmap>,
    _ array: VirtualAddress,
    _ limit: Int,
    _ wantsLongest: Bool
  ) throws -> UInt32 {
    let bits = try GuestBits(bitmap, in: memory)
    var runs: [Range<Int>] = []
    var place = 0
    while place < bits.count {
      let start = try bits.first(false, in: place..<bits.count)
      guard start < bits.count else { break }
      place = try bits.first(true, in: start..<bits.count)
      runs.append(start..<place)
      if !wantsLongest, runs.count >= limit { break }
    }
    if wantsLongest {
      runs = runs.enumerated()
        .sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
        .map(\.element)
    }
    for (index, run) in runs.prefix(limit).enumerated() {
      try memory.store(UInt32(run.lowerBound), at: array + index * 8)
      try memory.store(UInt32(run.count), at: array + (index * 8 + 4))
    }
    return UInt32(min(runs.count, limit))
  }
}
