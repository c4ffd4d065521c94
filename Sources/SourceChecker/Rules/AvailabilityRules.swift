internal import Findings
internal import NTReleases

/// Finds routines that the oldest target does not export.
struct NewerThanTarget: Rule {
  let id: RuleID = "LS020"

  static let versionWords = [
    "NTDDI", "WINNT", "WINVER", "VER", "WIN2K", "WINXP", "WIN7", "WIN8", "WIN10", "NT4", "NT_",
    "DDK",
  ]

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, path.reporter.targets.isExplicit else { return }
    if let routine = MDLRoutine.firstReleases[call.name] {
      report(routine.first, call.range, "\(call.name)\(routine.note)", path)
    }
    for argument in call.arguments {
      let text = path.text(argument)
      guard text.contains("MdlMappingNoExecute") || text.contains("MdlMappingNoWrite") else {
        continue
      }
      guard case .map? = Routine(name: call.name) else { continue }
      report(
        MDLRoutine.firstMappingFlags,
        argument.range,
        "the flag is known",
        path
      )
    }
  }

  private func report(
    _ first: Release,
    _ range: Range<Int>,
    _ what: String,
    _ path: Interpreter
  ) {
    guard let last = first.predecessor, path.reporter.targets.oldest < first,
      !path.isConditional(at: range.lowerBound, on: Self.versionWords)
    else { return }
    path.report(
      id,
      .error,
      at: range,
      what.hasPrefix("the flag")
        ? "\(what) only from \(first.name) on"
        : "\(what) is exported only from \(first.name) on: earlier releases do not load the driver",
      through: last
    )
  }
}

/// Finds routines that stop the system where newer ones return NULL.
struct ObsoleteMapping: Rule {
  let id: RuleID = "LS021"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event else { return }
    switch call.name {
    case "MmGetSystemAddressForMdl":
      guard path.mdl(call.value(0))?.canFail != true, call.arguments.count == 1,
        let argument = call.argument(0)
      else { return }
      report(
        call,
        "stops the system when it cannot map; MmGetSystemAddressForMdlSafe returns NULL",
        "MmGetSystemAddressForMdlSafe(\(path.text(argument)), NormalPagePriority)",
        from: .nt400sp4,
        path
      )
    case "MmMapLockedPages":
      guard path.mdl(call.value(0))?.canFail != true, call.arguments.count == 2,
        let mdl = call.argument(0), let mode = call.argument(1)
      else { return }
      report(
        call,
        path.accessMode(call.values[1]) == .user
          ? "is obsolete; MmMapLockedPagesSpecifyCache takes its place"
          : "stops the system when it cannot map; MmMapLockedPagesSpecifyCache can return NULL",
        "MmMapLockedPagesSpecifyCache(\(path.text(mdl)), \(path.text(mode)), MmCached, NULL, FALSE, "
          + "NormalPagePriority)",
        from: .nt400sp4,
        path
      )
    case "MmCreateMdl":
      guard call.arguments.count == 3, call.value(0)?.integer == 0 else { return }
      report(
        call,
        "is obsolete; IoAllocateMdl takes its place",
        "IoAllocateMdl(\(path.text(call.arguments[1])), (ULONG)(\(path.text(call.arguments[2]))), "
          + "FALSE, FALSE, NULL)",
        from: .wxp,
        path
      )
    default: break
    }
  }

  private func report(
    _ call: Event.Call,
    _ message: String,
    _ replacement: String,
    from first: Release,
    _ path: Interpreter
  ) {
    let oldest = path.reporter.targets.oldest
    let canReplace =
      call.name == "MmCreateMdl" || oldest >= .nt400sp4 || !path.reporter.targets.isExplicit
    let isPlain = replacement.utf8.allSatisfy { $0 < 0x80 }
    path.report(
      id,
      .warning,
      at: call.range,
      "\(call.name) \(message)",
      from: first,
      notes: oldest < .nt400sp4 && call.name != "MmCreateMdl"
        ? ["what takes its place is exported only from NT 4.0 SP4 on"] : [],
      fix: canReplace && isPlain
        ? SourceFix(
          .suggested,
          "use what takes its place, and test the result",
          [SourceFix.Edit(call.range, replacement)]
        ) : nil
    )
  }
}

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
      from: .win8,
      fix: fix(of: priority, for: path.reporter.targets)
    )
  }

  /// The flag, unless the driver is said to be for releases that take it for something else.
  private func fix(of priority: Expression, for targets: TargetRange) -> SourceFix? {
    guard targets.oldest >= .win8 || !targets.isExplicit else { return nil }
    let end = priority.range.upperBound
    return SourceFix(
      targets.oldest >= .win8 ? .safe : .suggested,
      "add MdlMappingNoExecute, which Windows 8 and later know",
      [SourceFix.Edit(end..<end, " | MdlMappingNoExecute")]
    )
  }
}
