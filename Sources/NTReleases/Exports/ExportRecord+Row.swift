extension ExportRecord {
  init?(_ row: FactRow) {
    guard let module = ExportModule(rawValue: row[1]), let kind = Kind(rawValue: row[2]) else {
      return nil
    }
    let name = row[0]
    let bound = row[3].hasPrefix("<=")
    self.init(
      name: name,
      module: module,
      kind: kind,
      first: Release(id: bound ? String(row[3].dropFirst(2)) : row[3]),
      firstIsUpperBound: bound,
      last: row.release(4),
      gap: row.release(5).flatMap { from in row.release(6).map { Gap(from: from, until: $0) } },
      spans: row.words(7).compactMap(Span.init(factsText:)),
      forwards: row.words(8).compactMap { Forward(factsText: $0, name: name) },
      convention: kind == .data ? nil : Convention(rawValue: row[9]),
      argumentBytes: row.integer(10),
      headerGuard: row.text(11),
      confidence: row.confidence(12),
      source: row.sharedText(13),
      note: row.sharedText(14)
    )
  }
}

extension ExportRecord.Span {
  /// Reads `x64`, `x86>=win8` or `x64<=ws03sp2`.
  init?(factsText text: Substring) {
    guard let platform = Platform(rawValue: String(text.prefix { $0 != "<" && $0 != ">" })) else {
      return nil
    }
    let bound = text.dropFirst(platform.rawValue.count)
    let release = Release(id: String(bound.dropFirst(2)))
    self.init(
      platform: platform,
      first: bound.hasPrefix(">=") ? release : nil,
      last: bound.hasPrefix("<=") ? release : nil
    )
  }
}

extension ExportRecord.Forward {
  /// Reads `x86>=win8` or `x86>=ws03sp1:ExiAcquireFastMutex`.
  init?(factsText text: Substring, name: String) {
    let parts = text.split(separator: ":")
    guard let span = parts.first.flatMap(ExportRecord.Span.init(factsText:)),
      let first = span.first
    else { return nil }
    let target = parts.count > 1 ? String(parts[1]) : name
    self.init(platform: span.platform, first: first, target: target)
  }
}
