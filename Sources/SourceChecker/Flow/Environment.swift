/// What places hold on a path.
///
/// Paths are compared at every place where they meet, so the hash of what is held is kept up to date.
struct Environment: Hashable {
  private(set) var values: [Place: Value] = [:]
  private var sum = 0

  subscript(place: Place) -> Value? {
    get { values[place] }
    set {
      let old = values[place]
      guard old != newValue else { return }
      if let old { sum ^= Self.hash(place, old) }
      if let newValue { sum ^= Self.hash(place, newValue) }
      values[place] = newValue
    }
  }

  /// Forgets what some places hold.
  mutating func removeAll(where isGone: (Place) -> Bool) {
    for place in values.keys where isGone(place) { self[place] = nil }
  }

  private static func hash(_ place: Place, _ value: Value) -> Int {
    var hasher = Hasher()
    hasher.combine(place)
    hasher.combine(value)
    return hasher.finalize()
  }

  static func == (first: Self, second: Self) -> Bool {
    first.sum == second.sum && first.values == second.values
  }

  func hash(into hasher: inout Hasher) { hasher.combine(sum) }
}
