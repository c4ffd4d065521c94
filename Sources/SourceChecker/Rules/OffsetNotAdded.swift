internal import Findings
internal import NTReleases

/// Finds where what `MmMapLockedPages` returned is used as if it always included the byte offset.
struct OffsetNotAdded: Rule {
  let id: RuleID = "LS002"

  func check(_ event: Event, on path: Interpreter) {
    switch event {
    case .access(let value, let range, _): report(value, range, "is accessed", path)
    case .use(let value, .argument, let expression):
      report(value, expression.range, "is passed on", path)
    case .use(let value, .result, let expression):
      guard path.calls.count == 1, !path.calledFunctions.contains(path.calls[0]) else { return }
      report(value, expression.range, "is returned", path)
    case .end:
      // A field may have the offset added later, so what counts is what it holds in the end.
      for (place, value) in path.state.values.values {
        switch place {
        case .field(let owner, _) where !path.locals.contains(owner): break
        case .pointee, .variable(_, frame: 0): break
        default: continue
        }
        if let mapping = path.mapping(value), let symbol = value.symbol,
          !path.state.adjusted.contains(symbol), path.state.isNonzero(symbol) != false
        {
          report(value, mapping.range, "is kept", path)
        }
      }
    default: break
    }
  }

  private func report(_ value: Value, _ range: Range<Int>, _ use: String, _ path: Interpreter) {
    guard let mapping = path.mapping(value), mapping.routine == .mapLockedPages,
      value.shape.isSubset(of: [.truncated, .shifted]), !isAligned(mapping.mdl, path),
      path.image.oldest <= MDLRoutine.lastWithoutOffset, !path.isExamined(value),
      !path.state.unmapped.contains(value.symbol ?? Symbol(number: -1))
    else { return }
    path.report(
      id,
      .warning,
      at: mapping.range,
      "what MmMapLockedPages returned \(use) without the MDL's byte offset",
      through: MDLRoutine.lastWithoutOffset,
      notes: path.readingNotes(mapping.mode),
      related: range == mapping.range
        ? [] : [SourceFinding.Related(range: range, message: "it \(use) here")],
      fix: MappingUses.fix(mapping, on: path)
    )
  }

  /// Whether the MDL's buffer begins a page.
  private func isAligned(_ mdl: Symbol?, _ path: Interpreter) -> Bool {
    guard let mdl, let state = path.state.mdls[mdl] else { return false }
    if state.contents == .pages || state.allocator == .mmAllocatePages { return true }
    guard let memory = state.memory else { return false }
    if memory.shape.contains(.pageAligned), !memory.shape.contains(.displaced) { return true }
    guard let symbol = memory.symbol, memory.shape.isEmpty else { return false }
    switch path.info(symbol).kind {
    case .alignedMemory: return true
    // A block of a page or more begins a page: the reference page of ExAllocatePoolWithTag.
    case .pool: return path.takesWholePages(symbol)
    default: return false
    }
  }
}
