extension Release {
  /// Finds a release by its identifier, in any case.
  public init?(id: String) {
    guard let release = Self.identifiers[id] ?? Self.identifiers[id.lowercased()] else {
      return nil
    }
    self = release
  }

  /// The releases that a text names by identifier, name or server name.
  ///
  /// Some server names stand for several: "Windows Server 2008" is Vista SP1 and SP2.
  public static func named(_ text: String) -> [Release] {
    if let release = Release(id: text) { return [release] }
    let key = simplified(text)
    let named = allCases.filter { simplified($0.name) == key }
    return named.isEmpty
      ? allCases.filter { $0.serverName.map(simplified) == key } : named
  }

  /// The releases that someone may have meant who mistyped an identifier, likeliest first.
  public static func suggestions(for text: String) -> [Release] {
    let key = simplified(text)
    guard !key.isEmpty else { return [] }
    let scored = allCases.map { release in
      let names = [release.id, release.name, release.serverName ?? ""].map(simplified)
      return (release, score: names.map { distance(from: key, to: $0) }.min() ?? .max)
    }
    let limit = (key.count + 2) / 3
    return scored.filter { $0.score <= limit }
      .sorted { ($0.score, $0.0) < ($1.score, $1.0) }
      .prefix(5).map(\.0)
  }

  /// A name without case, punctuation, "Windows" and what stands in parentheses.
  private static func simplified(_ text: String) -> String {
    let words = text.lowercased().prefix { $0 != "(" }
      .split { !$0.isLetter && !$0.isNumber }
      .filter { $0 != "windows" }
    return words.joined()
  }

  /// How many characters must be typed, deleted or replaced to turn one word into another; none
  /// where the first begins the second.
  private static func distance(from first: String, to second: String) -> Int {
    if second.hasPrefix(first) { return 0 }
    let second = Array(second)
    var row = Array(0...second.count)
    for (index, character) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in second.indices {
        let replaced = diagonal + (second[column] == character ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    return row[second.count]
  }
}
