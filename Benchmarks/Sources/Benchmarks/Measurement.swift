/// A duration of something, measured several times.
struct Samples {
  /// The values, the least first.
  private let values: [Double]

  init(_ values: [Double]) { self.values = values.sorted() }

  var minimum: Double { values.first ?? .nan }
  var maximum: Double { values.last ?? .nan }
  var median: Double {
    guard !values.isEmpty else { return .nan }
    return (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
  }

  /// The samples, each as a part of one.
  var inverted: Samples { Samples(values.map { 1 / $0 }) }
}

/// Two durations, measured in turns, so that what else the host does disturbs both alike.
struct Comparison {
  let ours: Samples
  let reference: Samples
  /// Ours divided by the reference, turn by turn.
  let ratio: Samples

  /// Measures two closures, each of which returns the seconds that one operation took.
  init(
    turns: Int = 15,
    ours: () throws -> Double,
    reference: () throws -> Double
  ) rethrows {
    // The first turn fills caches, and does not count.
    _ = try ours()
    _ = try reference()
    var times: [(ours: Double, reference: Double)] = []
    for turn in 0..<turns {
      // Neither always follows the other.
      if turn.isMultiple(of: 2) {
        let first = try ours()
        times.append((first, try reference()))
      } else {
        let first = try reference()
        times.append((try ours(), first))
      }
    }
    self.init(times)
  }

  /// Creates a comparison of what was measured in turns.
  init(_ times: [(ours: Double, reference: Double)]) {
    ours = Samples(times.map(\.ours))
    reference = Samples(times.map(\.reference))
    ratio = Samples(times.map { $0.ours / $0.reference })
  }
}

/// Returns the seconds that a closure takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  return try clock.measure(body).seconds
}

/// Returns the seconds that a closure takes.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  try await body()
  return (clock.now - start).seconds
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
