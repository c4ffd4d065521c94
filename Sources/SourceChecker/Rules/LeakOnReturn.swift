internal import Findings
internal import NTReleases

/// Finds MDLs that are left behind on a way out.
struct LeakOnReturn: Rule {
  let id: RuleID = "LS030"

  func check(_ event: Event, on path: Interpreter) {
    switch event {
    case .end(let range):
      guard path.state.handler == nil else { return }
      for (symbol, mdl) in path.state.mdls where Leak.isLeft(symbol, mdl, path) {
        let message =
          mdl.contents == .pagesFreed
          ? "the pages were freed, but not the MDL, for which ExFreePool is needed"
          : mdl.allocator == .mmAllocatePages
            ? "the pages and their MDL are not freed on this way out"
            : "the MDL is not freed on this way out"
        path.report(id, .warning, at: range, message, related: Leak.related(mdl))
      }
    case .call(let call):
      guard call.name == "IoBuildPartialMdl", let mdl = path.mdl(call.value(1)),
        mdl.contents == .partial, mdl.systemMapping != nil
      else { return }
      path.report(
        id,
        .warning,
        at: call.range,
        "the partial MDL is built again without MmPrepareMdlForReuse: its mapping is lost"
      )
    default: break
    }
  }
}
