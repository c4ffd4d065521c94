internal import GuestABI

/// Finds the control codes that a driver compares against.
///
/// Requests with two codes that no driver has run through the driver's tests up to where the tests
/// tell them apart; each value that differs between the runs by as much as the codes do comes from
/// the code, and what it is compared with says which code the driver looks for. Where tests of order
/// lead elsewhere, codes between those found so far go there.
public struct ControlCodeExplorer: Sendable {
  /// The most pairs of requests.
  public static let maximumProbeCount = 64
  /// The most codes.
  public static let maximumCodeCount = 128

  // Buffered requests of a device type in the vendors' range, in which bits 4 to 7 are clear because
  // drivers mask some of them. The difference divided by 4 is odd.
  private static let lowBits: UInt32 = 0x4108
  private static let difference: UInt32 = 0x0A04
  private static let deviceType: UInt32 = 0x5A5A

  private enum Probe {
    case types, gap
    case entries(table: Int)
  }

  private var found: Set<UInt32> = []
  private var boundaries: Set<UInt32> = []
  private var tables: [ComparisonAnalysis.Table: TableState] = [:]
  private var tableOrder: [ComparisonAnalysis.Table] = []
  private var deviceTypes = [deviceType]
  private var probedTypeCount = 0
  private var probed: [ClosedRange<UInt32>] = []
  private var pending: (kind: Probe, first: UInt32, second: UInt32)?
  private var probeCount = 0

  private struct TableState {
    var next = 0
    /// Where the codes of the entries went; nil for a code that stopped the machine.
    var destinations: [UInt32: VirtualAddress?] = [:]
    /// Whether an indirect jump follows the test; nil before it has been tried.
    var isDispatching: Bool?
  }

  /// Creates an explorer that has seen nothing.
  public init() {}

  /// The codes found so far, in order.
  public var codes: [UInt32] {
    var codes = found
    for (table, state) in tables {
      if state.isDispatching == true {
        let nowhere = table.nowhere(of: state.destinations.values)
        codes.formUnion(state.destinations.filter { $0.value == nil || $0.value != nowhere }.keys)
      } else if !found.contains(where: table.range.contains) {
        codes.formUnion(table.entries)
      }
    }
    // A driver that only tests the order of codes tells those at the ends of its ranges apart.
    if codes.isEmpty { codes = boundaries }
    return Array(codes.sorted().prefix(Self.maximumCodeCount))
  }

  /// Returns two codes to send to the driver, each in the same state of the machine.
  ///
  /// Ask for the next two without ``add(first:second:)`` if a code stopped the machine: the driver has
  /// something for it.
  ///
  /// - Returns: The codes, or nil when nothing is left to try.
  public mutating func nextMarkers() -> (UInt32, UInt32)? {
    guard probeCount < Self.maximumProbeCount, found.count < Self.maximumCodeCount else {
      return nil
    }
    if let pending, case .entries(let number) = pending.kind {
      tables[tableOrder[number]]?.destinations[pending.first] = .some(nil)
      tables[tableOrder[number]]?.destinations[pending.second] = .some(nil)
    }
    pending = nextProbe()
    guard let probe = pending else { return nil }
    probeCount += 1
    return (probe.first, probe.second)
  }

  private mutating func nextProbe() -> (kind: Probe, first: UInt32, second: UInt32)? {
    if probedTypeCount < deviceTypes.count {
      let first = deviceTypes[probedTypeCount] << 16 | Self.lowBits
      probedTypeCount += 1
      return (.types, first, first + Self.difference)
    }
    for (number, table) in tableOrder.enumerated() {
      guard let state = tables[table], state.isDispatching != false else { continue }
      let left = table.entries.dropFirst(state.next).prefix(2)
      guard let first = left.first, let last = left.last else { continue }
      tables[table]?.next += left.count
      return (.entries(table: number), first, last)
    }
    return nextGap()
  }

  /// Chooses codes between two that the driver tells apart, where none has been tried.
  private func nextGap() -> (kind: Probe, first: UInt32, second: UInt32)? {
    // Where only equality is tested, every code that is not tested for goes the same way.
    if boundaries.isEmpty { return nil }
    let ends = [-1] + boundaries.union(found).sorted().map(Int.init) + [1 << 32]
    let gaps = zip(ends, ends.dropFirst())
      .filter { low, high in
        // Runs whose codes the driver tells apart share only the way up to that test.
        high - low > 2 && !probed.contains { low < $0.lowerBound && $0.upperBound < high }
      }
    guard let (low, high) = gaps.max(by: { $0.1 - $0.0 < $1.1 - $1.0 }) else { return nil }
    // Addresses of memory do not differ by as much from one request to the next.
    let step = [0x204, 3, 1].first { low + 2 * $0 < high } ?? 1
    // Below the lowest code the next device type down is nobody's: stay near.
    let first = low < 0 ? max(0, high - 2 * step) : low + step
    return (.gap, UInt32(first), UInt32(first + step))
  }

  /// Takes note of what the driver compared when it got the codes of ``nextMarkers()``.
  public mutating func add(
    first: [ComparisonRecorder.Observation],
    second: [ComparisonRecorder.Observation]
  ) {
    guard let pending else { return }
    self.pending = nil
    if case .entries(let number) = pending.kind {
      let table = tableOrder[number]
      let hits = [(pending.first, first), (pending.second, second)].map { code, observations in
        (code, table.destination(of: code, in: observations))
      }
      if tables[table]?.isDispatching != true {
        tables[table]?.isDispatching = hits.contains { $0.1 != nil }
      }
      // Where no table follows, the codes of the range are still to be explored.
      if tables[table]?.isDispatching == true { probed.append(pending.first...pending.second) }
      for case (let code, let destination?) in hits {
        tables[table]?.destinations[code] = .some(destination)
      }
      return
    }
    probed.append(pending.first...pending.second)
    let isBlind = if case .types = pending.kind { true } else { false }
    let analysis = ComparisonAnalysis(
      first,
      pending.first,
      second,
      pending.second,
      isBlind: isBlind
    )
    found.formUnion(analysis.codes)
    boundaries.formUnion(analysis.boundaries)
    for table in analysis.tables where tables[table] == nil {
      tables[table] = TableState()
      tableOrder.append(table)
    }
    for type in analysis.deviceTypes.sorted() where !deviceTypes.contains(type) {
      deviceTypes.append(type)
    }
  }
}

extension ComparisonRecorder {
  /// Returns the codes that a driver compared with the code of a request.
  ///
  /// - Parameters:
  ///   - first: What one request made it compare.
  ///   - firstMarker: That request's code.
  ///   - second: What another request, in the same state of the machine, made it compare.
  ///   - secondMarker: That one's code.
  /// - Returns: The codes, in no order.
  public static func candidates(
    from first: [Observation],
    marker firstMarker: UInt32,
    second: [Observation],
    marker secondMarker: UInt32
  ) -> Set<UInt32> {
    ComparisonAnalysis(first, firstMarker, second, secondMarker, isBlind: true).codes
  }
}
