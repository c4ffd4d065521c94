internal import Findings
internal import NTReleases

/// What rules ask of a path.
extension Interpreter {
  /// Reports what is wrong; what a macro does wrong, where it is used.
  ///
  /// It breaks on the releases from `first` through `last`; nil stands for no bound. The subject is what
  /// ``Reporter/withdraw(_:subject:)`` knows the finding by.
  func report(
    _ rule: RuleID,
    _ severity: Finding.Severity,
    at range: Range<Int>,
    _ message: String,
    from first: Release? = nil,
    through last: Release? = nil,
    subject: Range<Int>? = nil,
    notes: [String] = [],
    related: [SourceFinding.Related] = [],
    fix: SourceFix? = nil
  ) {
    var related = related
    let place = self.placeOfUse(of: range)
    if place != range {
      related.append(SourceFinding.Related(range: range, message: "in this macro"))
    }
    reporter.report(
      rule,
      severity,
      at: place,
      message,
      from: first,
      through: last,
      subject: subject,
      notes: notes,
      related: related,
      fix: fix.flatMap(sound)
    )
  }

  /// Whether the path asked whether a mapping includes the byte offset, or which release it runs on: what it
  /// does then is right.
  func isExamined(_ value: Value) -> Bool {
    state.asksRelease || value.symbol.map(state.examined.contains) ?? false
  }

  /// Where something happens to a value, as the function sees it in which the value came to be: a call, if
  /// that function passed it on.
  func place(_ range: Range<Int>, of value: Value) -> Range<Int> {
    guard let symbol = value.symbol else { return range }
    var place = range
    var current = frame
    let origin = info(symbol).range
    while current > 1, !isWithin(origin, frames[current].function.range),
      let call = frames[current].call
    {
      place = call
      current = frames[current].parent
    }
    return place
  }

  /// Leaves a finding without a fix, as another path needs the place as it is.
  func forbidFix(_ rule: RuleID, at range: Range<Int>) {
    reporter.forbidFix(rule, at: placeOfUse(of: range))
  }

  /// Where the macro is used that a range lies in, or the range.
  private func placeOfUse(of range: Range<Int>) -> Range<Int> {
    var place = range
    for _ in 0..<Self.depthLimit {
      guard let (_, call) = expansions.last(where: { isWithin(place, $0.body) }) else { break }
      place = call
    }
    return place
  }

  private func isWithin(_ range: Range<Int>, _ body: Range<Int>) -> Bool {
    body.lowerBound <= range.lowerBound && range.upperBound <= body.upperBound
  }

  /// The MDL whose byte offset a value is.
  func byteOffset(_ value: Value) -> Symbol? {
    guard let symbol = value.symbol, value.shape.isEmpty,
      case .byteOffset(let mdl) = info(symbol).kind
    else { return nil }
    return mdl
  }

  /// The MDL whose virtual address a value is, or leads to.
  func virtualAddress(_ value: Value) -> Symbol? {
    guard let symbol = value.symbol, case .virtualAddress(let mdl) = info(symbol).kind else {
      return nil
    }
    return mdl
  }

  /// Whether a value is an address that a user's program gave.
  func isUserAddress(_ value: Value?) -> Bool {
    guard let symbol = value?.symbol else { return false }
    if case .userAddress = info(symbol).kind { return true }
    guard case .other = info(symbol).kind else { return false }
    let name = info(symbol).spelling
    let last = name.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.last ?? ""
    return name.allSatisfy { $0.isLetter || $0.isNumber || "_->.".contains($0) }
      && last.lowercased().contains("user") && !last.lowercased().contains("mode")
      && !isStructure(String(last))
  }

  /// Whether a variable is declared as a pointer to something of the driver's own.
  private func isStructure(_ name: String) -> Bool {
    guard let base = frames[frame].types[name]?.base, !base.isEmpty else { return false }
    let plain = ["VOID", "CHAR", "BYTE", "SHORT", "LONG", "INT", "WORD", "PTR", "SIZE"]
    return !plain.contains { base.uppercased().contains($0) }
  }

  /// Whether a block of pool is asked for in pages, as the source writes its size.
  func takesWholePages(_ pool: Symbol) -> Bool {
    let size = expanded(info(pool).spelling)
    return ["PAGE_SIZE", "ROUND_TO_PAGES", "PAGE_SHIFT"].contains { size.contains($0) }
  }

  /// What the state knows of the MDL that a call is given.
  func mdl(_ value: Value?) -> State.MDL? {
    value?.symbol.flatMap { state.mdls[$0] }
  }

  /// What the source calls a symbol, on one line.
  func name(_ symbol: Symbol) -> String {
    let words = info(symbol).spelling.split(whereSeparator: \.isWhitespace)
    return words.joined(separator: " ")
  }

  func text(_ expression: Expression) -> String {
    String(decoding: text.bytes[expression.range], as: UTF8.self)
  }

  /// Whether a place is compiled only where one of some macros is mentioned.
  func isConditional(at offset: Int, on words: [String]) -> Bool {
    conditions.contains { condition in
      condition.range.contains(offset) && words.contains { condition.expression.contains($0) }
    }
  }

  /// Whether fixes may name `ULONG_PTR`, which headers older than those of Windows 2000 may lack.
  var hasPointerSizedIntegers: Bool {
    !(reporter.targets.isExplicit
      && reporter.targets.oldest < MDLRoutine.firstWithPointerSizedIntegers)
  }

  /// What is to be known where a verdict rests on what KernelMode mappings were before NT 4.0 SP4.
  func readingNotes(_ mode: AccessMode) -> [String] {
    guard mode != .user else { return [] }
    return [
      "what KernelMode mappings were before NT 4.0 SP4 is disputed: by KB199311 the start of the page, "
        + "by the 1998 DDK the address of the buffer (lockstep explain KD-002)"
    ]
  }

  /// The MDL whose field is accessed, as an argument for a routine that takes a pointer; nil where fixes cannot
  /// write it.
  func pointer(to access: Event.FieldAccess) -> String? {
    let bytes = text.bytes
    var end = access.base.range.upperBound
    while end < access.range.upperBound, [0x20, 0x09, 0x29].contains(bytes[end]) { end += 1 }
    guard end < bytes.count else { return nil }
    let base = text(access.base)
    let isPointer = bytes[end] == UInt8(ascii: "-")
    let pointer = isPointer ? base : isSimple(access.base) ? "&\(base)" : "&(\(base))"
    let start = access.range.lowerBound
    let isAddressTaken =
      start > 0 && bytes[start - 1] == UInt8(ascii: "&")
      && (start < 2 || bytes[start - 2] != UInt8(ascii: "&"))
    return pointer.utf8.allSatisfy { $0 < 0x80 } && !isAddressTaken ? pointer : nil
  }
}
