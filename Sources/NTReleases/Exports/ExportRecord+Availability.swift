extension ExportRecord {
  /// Whether a release exports the name on a processor.
  ///
  /// Tables of names by release exist for x86 and x64 up to Windows 10 2004. Later releases inherit
  /// its names, less surely. IA-64 has only the import libraries of 5.2 and 6.0; the other
  /// processors have nothing.
  public func availability(in release: Release, on platform: Platform) -> Availability {
    guard release.runs(on: platform) else { return .unknown(.noSuchPlatform(platform)) }
    guard ExportHistory.hasTable(of: platform, in: release) else {
      return .unknown(.noTable(platform))
    }
    guard spans.isEmpty || spans.contains(where: { $0.platform == platform }) else {
      // Import libraries omit some names, so for IA-64 silence proves nothing.
      return platform == .ia64
        ? .unknown(.noTable(platform)) : .notExported(first: nil, last: nil, gap: nil)
    }
    guard let first = first(on: platform) else { return .unknown(.undated(source: source)) }
    if release < first {
      return firstIsUpperBound
        ? .unknown(.seenOnlySince(first))
        : .notExported(first: first, last: last(on: platform), gap: nil)
    }
    if isDeclaredOnly, first <= ExportHistory.lastTable {
      return .unknown(.declaredOnly(since: first))
    }
    if let last = last(on: platform), release > last {
      return .notExported(first: first, last: last, gap: nil)
    }
    if let gap, gap.contains(release) {
      return .notExported(first: first, last: last(on: platform), gap: gap)
    }
    return exported(in: release, on: platform)
  }

  /// Whether nothing but a header was seen.
  ///
  /// Such names are in no export table up to Windows 10 2004, and believed only if newer.
  public var isDeclaredOnly: Bool { source.hasPrefix("WDK22621 header guard") }

  private func exported(in release: Release, on platform: Platform) -> Availability {
    if isDeclaredOnly { return .exported(evidence: .document(source), confidence: .medium) }
    guard release > ExportHistory.lastTable else {
      return .exported(
        evidence: .history(source),
        confidence: platform == .ia64 ? .medium : confidence
      )
    }
    return .exported(
      evidence: .history("inherited from \(ExportHistory.lastTable): \(source)"),
      confidence: release > ExportHistory.lastHeaders ? .low : .medium
    )
  }

  /// The first release on a processor.
  private func first(on platform: Platform) -> Release? {
    guard let first else { return nil }
    let later = spans.first { $0.platform == platform }?.first ?? first
    return max(first, later, ExportHistory.first(of: platform))
  }

  /// The last release on a processor.
  private func last(on platform: Platform) -> Release? {
    spans.first { $0.platform == platform }?.last ?? last
  }
}
