internal import Findings
internal import NTReleases

/// Finds mappings that allow their pages to be executed.
struct ExecutableMapping: Rule {
  let id: RuleID = "LS022"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, case .map(let routine)? = Routine(name: call.name) else {
      return
    }
    let index: Int
    switch routine {
    case .systemAddressSafe: index = 1
    case .mapLockedPagesSpecifyCache:
      guard let mode = call.value(1), path.accessMode(mode) == .kernel else { return }
      index = 5
    default: return
    }
    guard let priority = call.argument(index) else { return }
    var text = path.text(priority)
    // A variable is as good as what was put into it.
    if case .name = priority.form, let symbol = call.value(index)?.symbol {
      text = path.name(symbol)
    }
    guard text.contains("PagePriority"), !text.contains("NoExecute"),
      text.allSatisfy({ $0.isLetter || $0.isNumber || " |()_?:".contains($0) })
    else { return }
    path.report(
      id,
      .note,
      at: call.range,
      "the pages can be executed through this mapping",
      from: MDLRoutine.firstMappingFlags,
      fix: fix(of: priority, for: path.reporter.targets)
    )
  }

  /// The flag, unless the driver is said to be for releases that take it for something else.
  private func fix(of priority: Expression, for targets: TargetRange) -> SourceFix? {
    guard targets.oldest >= MDLRoutine.firstMappingFlags || !targets.isExplicit else { return nil }
    let (start, end) = (priority.range.lowerBound, priority.range.upperBound)
    // A choice is one operand only in parentheses.
    let isChoice = if case .conditional = priority.form { true } else { false }
    let edits =
      isChoice
      ? [SourceFix.Edit(start..<start, "("), SourceFix.Edit(end..<end, ") | MdlMappingNoExecute")]
      : [SourceFix.Edit(end..<end, " | MdlMappingNoExecute")]
    return SourceFix(
      targets.oldest >= MDLRoutine.firstMappingFlags ? .safe : .suggested,
      "add MdlMappingNoExecute, which Windows 8 and later know",
      edits
    )
  }
}
