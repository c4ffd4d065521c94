internal import Findings
internal import NTReleases

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
        from: MDLRoutine.firstWithSuccessors,
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
        from: MDLRoutine.firstWithSuccessors,
        path
      )
    case "MmCreateMdl":
      guard call.arguments.count == 3, call.value(0)?.integer == 0 else { return }
      report(
        call,
        "is obsolete; IoAllocateMdl takes its place",
        "IoAllocateMdl(\(path.text(call.arguments[1])), (ULONG)(\(path.text(call.arguments[2]))), "
          + "FALSE, FALSE, NULL)",
        from: MDLRoutine.firstWithoutCreateMdl,
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
      call.name == "MmCreateMdl" || oldest >= MDLRoutine.firstWithSuccessors
      || !path.reporter.targets.isExplicit
    let isPlain = replacement.utf8.allSatisfy { $0 < 0x80 }
    path.report(
      id,
      .warning,
      at: call.range,
      "\(call.name) \(message)",
      from: first,
      notes: oldest < MDLRoutine.firstWithSuccessors && call.name != "MmCreateMdl"
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
