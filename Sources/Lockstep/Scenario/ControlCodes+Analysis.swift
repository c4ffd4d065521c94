internal import GuestABI

/// What two requests that differ in their codes only say about a driver's comparisons.
struct ComparisonAnalysis {
  /// A test that a code lies in a range, as there is before a jump through a table.
  struct Table: Hashable, Sendable {
    /// The code of the table's first entry.
    let base: UInt32
    /// The number of codes from one entry to the next.
    let scale: UInt32
    /// The number of the last entry.
    let last: UInt32
    let address: VirtualAddress
    /// Where codes outside the table go.
    let rejection: VirtualAddress?

    /// Whether there is an entry for each code that differs in nothing but its method.
    private var hasEntriesOfMethods: Bool { scale == 1 && last <= 96 }

    /// The codes, at most 97: of a large table each fourth, as buffered requests are numbered.
    var entries: [UInt32] {
      let step: UInt32 = hasEntriesOfMethods || scale != 1 ? 1 : 4
      let count = last > 96 ? min(last / step + 1, 64) : last + 1
      return (0..<count).map { base &+ $0 &* step &* scale }
    }

    var range: ClosedRange<UInt32> { base...max(base, base &+ last &* scale) }

    /// Returns where codes go that the driver does not know.
    ///
    /// Compilers may give the table a way of its own there. A driver uses few of the codes that lie
    /// next to one another, because the lowest bits are the method: most entries go there.
    func nowhere(of destinations: some Collection<VirtualAddress?>) -> VirtualAddress? {
      if destinations.contains(where: { $0 == rejection }) || !hasEntriesOfMethods {
        return rejection
      }
      let counts = Dictionary(destinations.map { ($0, 1) }, uniquingKeysWith: +)
      return counts.first { $0.value * 2 > destinations.count }?.key ?? rejection
    }

    /// Returns where the jump through the table went in the run of a code.
    func destination(
      of code: UInt32,
      in run: [ComparisonRecorder.Observation]
    ) -> VirtualAddress? {
      let number = (code &- base) / scale
      return run.first { $0.address == address && $0.left == number }?.destination
    }
  }

  /// The codes that the driver tests for.
  private(set) var codes: Set<UInt32> = []
  /// The codes at which tests of order part.
  private(set) var boundaries: Set<UInt32> = []
  private(set) var tables: Set<Table> = []
  /// The device types that the driver tests for before it looks at the code.
  private(set) var deviceTypes: Set<UInt32> = []

  private let firstMarker: UInt32
  private let secondMarker: UInt32
  private let isBlind: Bool

  private struct Place: Hashable {
    let address: VirtualAddress
    let occurrence: Int
  }

  /// Compares two runs, whose markers are blind if they were chosen before anything was known.
  init(
    _ first: [ComparisonRecorder.Observation],
    _ firstMarker: UInt32,
    _ second: [ComparisonRecorder.Observation],
    _ secondMarker: UInt32,
    isBlind: Bool
  ) {
    self.isBlind = isBlind
    self.firstMarker = firstMarker
    self.secondMarker = secondMarker
    var others: [Place: ComparisonRecorder.Observation] = [:]
    for other in second {
      others[Place(address: other.address, occurrence: other.occurrence)] = other
    }
    for one in first {
      let place = Place(address: one.address, occurrence: one.occurrence)
      if let other = others[place] { compare(one, other) }
    }
  }

  private mutating func compare(
    _ one: ComparisonRecorder.Observation,
    _ other: ComparisonRecorder.Observation
  ) {
    let conditions = one.conditions.union(other.conditions)
    if !one.isArithmetic, let pair = maskedCodes(one, other) {
      codes.formUnion(pair)
      return
    }
    guard let scale = scale(one, other) else {
      noteDeviceType(one, other)
      return
    }
    let code = firstMarker &- scale &* (one.left &- one.right)
    guard isPlausible(code) else { return }
    let isEquality = conditions.contains(.equality) || conditions.isEmpty && !one.isArithmetic
    if isEquality { codes.insert(code) }
    guard conditions.contains(.order) else { return }
    if let table = table(one, other, conditions, scale) {
      tables.insert(table)
      boundaries.formUnion([table.base &- 1, table.range.upperBound &+ 1])
    } else {
      boundaries.insert(code)
    }
  }

  /// Returns by how much the code changes when the difference of two compared values changes by one:
  /// 1, or 4 if the driver has shifted the method out, or the negative if the code is on the right.
  ///
  /// Nil if the difference does not come from the code.
  private func scale(
    _ one: ComparisonRecorder.Observation,
    _ other: ComparisonRecorder.Observation
  ) -> UInt32? {
    let change = (other.left &- other.right) &- (one.left &- one.right)
    let expected = secondMarker &- firstMarker
    if change == 0 || expected == 0 { return nil }
    if change == expected { return 1 }
    if change == 0 &- expected { return 0 &- 1 }
    // A small change would be too weak a sign.
    guard expected % 4 == 0, expected >= 0x100 else { return nil }
    if change == expected / 4 { return 4 }
    return change == 0 &- expected / 4 ? 0 &- 4 : nil
  }

  /// Returns the two codes of a test that leaves out the one bit in which they differ, as compilers
  /// write a test for either.
  private func maskedCodes(
    _ one: ComparisonRecorder.Observation,
    _ other: ComparisonRecorder.Observation
  ) -> [UInt32]? {
    guard one.right == other.right else { return nil }
    let bit = (firstMarker ^ one.left) | (secondMarker ^ other.left)
    guard bit.nonzeroBitCount == 1, one.right & bit == 0, one.right >> 16 != 0,
      one.left == firstMarker & ~bit, other.left == secondMarker & ~bit
    else { return nil }
    return [one.right, one.right | bit]
  }

  /// Drops what cannot be a control code, and what is next to a marker that was chosen blindly.
  private func isPlausible(_ code: UInt32) -> Bool {
    if code >> 16 == 0 { return false }
    return !isBlind || ![firstMarker, secondMarker].contains { code &- $0 &+ 1 <= 2 }
  }

  private func table(
    _ one: ComparisonRecorder.Observation,
    _ other: ComparisonRecorder.Observation,
    _ conditions: ComparingInstruction.Condition,
    _ scale: UInt32
  ) -> Table? {
    guard conditions.contains(.unsignedOrder), one.right == other.right, scale <= 4,
      !one.isArithmetic
    else { return nil }
    let isInclusive = conditions.contains(.includesBound)
    let base = firstMarker &- scale &* one.left
    guard base >> 16 != 0, one.right <= 0x400, one.right >= 2 || isInclusive && one.right == 1
    else { return nil }
    return Table(
      base: base,
      scale: scale,
      last: isInclusive ? one.right : one.right - 1,
      address: one.address,
      rejection: one.rejection ?? other.rejection
    )
  }

  private mutating func noteDeviceType(
    _ one: ComparisonRecorder.Observation,
    _ other: ComparisonRecorder.Observation
  ) {
    let type = firstMarker >> 16
    guard type == secondMarker >> 16, one.right == other.right, one.left == other.left else {
      return
    }
    for (value, wanted) in [(one.left, one.right), (one.right, one.left)]
    where value == type && wanted != type && (1...0xFFFF).contains(wanted) {
      deviceTypes.insert(wanted)
    }
  }
}
