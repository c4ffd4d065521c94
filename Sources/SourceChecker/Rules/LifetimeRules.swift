internal import Findings
internal import NTReleases

/// Finds MDLs that are left behind when a lock raises an exception.
struct LeakInHandler: Rule {
  let id: RuleID = "LS015"

  func check(_ event: Event, on path: Interpreter) {
    guard case .end = event, let handler = path.state.handler else { return }
    for (symbol, mdl) in path.state.mdls where Leak.isLeft(symbol, mdl, path) {
      path.report(
        id,
        .warning,
        at: handler,
        "the MDL is not freed when an exception is caught here",
        related: Leak.related(mdl)
      )
    }
  }
}

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

enum Leak {
  /// Whether a path ends with an MDL that it allocated and nobody else knows of.
  static func isLeft(_ symbol: Symbol, _ mdl: State.MDL, _ path: Interpreter) -> Bool {
    mdl.allocator != nil && !mdl.isEscaped && !mdl.isFreed
      && path.state.isNonzero(symbol) != false
  }

  static func related(_ mdl: State.MDL) -> [SourceFinding.Related] {
    mdl.allocation.map { [SourceFinding.Related(range: $0, message: "it is allocated here")] } ?? []
  }
}

/// Finds MDLs that are freed while their pages are locked.
struct FreedWhileLocked: Rule {
  let id: RuleID = "LS031"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, let routine = Routine(name: call.name) else { return }
    switch routine {
    case .freeMDL, .freePool: break
    default: return
    }
    guard let mdl = path.mdl(call.value(0)), mdl.contents == .locked, !mdl.isFreed else { return }
    path.report(
      id,
      .error,
      at: call.range,
      "the MDL is freed while its pages are locked: they stay so for ever",
      related: mdl.lock.map { [SourceFinding.Related(range: $0, message: "they are locked here")] }
        ?? []
    )
  }
}

/// Finds MDLs of nonpaged pool that are mapped again.
struct NonpagedMappedAgain: Rule {
  let id: RuleID = "LS032"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event,
      case .map(let routine)? = Routine(name: call.name), !routine.reusesMapping,
      routine != .mapLockedPagesWithReservedMapping,
      let mode = call.value(1), path.accessMode(mode) == .kernel,
      let mdl = path.mdl(call.value(0)), mdl.contents == .nonpaged
    else { return }
    path.report(
      id,
      .error,
      at: call.range,
      "the MDL describes nonpaged pool, which has a system address already"
    )
  }
}

/// Finds MDLs that are locked or unlocked although their pages are another's to lock.
struct WrongLock: Rule {
  let id: RuleID = "LS033"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, let routine = Routine(name: call.name),
      let mdl = path.mdl(call.value(0))
    else { return }
    let message: String
    switch (routine, mdl.contents) {
    case (.lock, .nonpaged): message = "pages of nonpaged pool are never locked"
    case (.lock, .partial):
      message = "the pages of a partial MDL are locked by the MDL it is part of"
    case (.lock, .locked): message = "the pages are locked already"
    case (.unlock, .nonpaged): message = "pages of nonpaged pool are not locked"
    case (.unlock, .partial):
      message = "the pages of a partial MDL are unlocked by the MDL it is part of"
    case (.buildNonpaged, .locked): message = "the MDL describes locked pages, not nonpaged pool"
    default: return
    }
    path.report(id, .error, at: call.range, message)
  }
}

/// Finds mappings that are removed too late, twice, or not at all, and uses of those that are gone.
struct WrongUnmap: Rule {
  let id: RuleID = "LS034"

  func check(_ event: Event, on path: Interpreter) {
    switch event {
    case .access(let value, let range, _):
      guard let symbol = value.symbol, path.state.unmapped.contains(symbol),
        let mapping = path.mapping(value)
      else { return }
      path.report(
        id,
        .error,
        at: range,
        "the address is used after its pages were unmapped",
        related: [SourceFinding.Related(range: mapping.range, message: "they were mapped here")]
      )
    case .call(let call): check(call, path)
    default: break
    }
  }

  private func check(_ call: Event.Call, _ path: Interpreter) {
    guard let routine = Routine(name: call.name) else { return }
    switch routine {
    case .unmap:
      if let mdl = path.mdl(call.value(1)), mdl.isFreed || mdl.contents == .unlocked {
        path.report(
          id,
          .error,
          at: call.range,
          mdl.isFreed
            ? "the MDL was freed before" : "the pages were unlocked before they are unmapped"
        )
        return
      }
      guard let value = call.value(0), let symbol = value.symbol,
        let mapping = path.mapping(value)
      else { return }
      if path.state.unmapped.contains(symbol) {
        path.report(
          id,
          .error,
          at: call.range,
          "the mapping is gone already: it was removed, or its pages were unlocked"
        )
      } else if let own = mapping.mdl, let other = call.value(1)?.symbol, own != other {
        path.report(
          id,
          .error,
          at: call.range,
          "the address is a mapping of \(path.name(own)), not of \(path.name(other))"
        )
      }
    case .unlock, .freeMDL:
      let mdl = path.mdl(call.value(0))
      if case .unlock = routine, let mdl, mdl.isFreed || mdl.contents == .unlocked {
        path.report(
          id,
          .error,
          at: call.range,
          mdl.isFreed ? "the MDL was freed before" : "the pages were unlocked before"
        )
        return
      }
      guard let mdl, mdl.contents != .unlocked, let mapping = mdl.userMapping,
        !path.state.unmapped.contains(mapping), !path.state.escapedAddresses.contains(mapping),
        path.state.isNonzero(mapping) != false
      else { return }
      path.report(
        id,
        .error,
        at: call.range,
        "the pages are still mapped into user space",
        related: [
          SourceFinding.Related(range: path.info(mapping).range, message: "they are mapped here")
        ]
      )
    default: break
    }
  }
}

/// Finds mappings of allocated pages that are left when the pages are freed.
struct MappedPagesFreed: Rule {
  let id: RuleID = "LS023"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, case .freePages? = Routine(name: call.name),
      let symbol = call.value(0)?.symbol, let mdl = path.state.mdls[symbol],
      let mapping = mdl.systemMapping, path.state.isNonzero(mapping) != false
    else { return }
    let last = Release.win7.predecessor
    path.report(
      id,
      .warning,
      at: call.range,
      "the pages are freed while they are mapped; only Windows 7 and later remove the mapping",
      through: last,
      related: [
        SourceFinding.Related(range: path.info(mapping).range, message: "they are mapped here")
      ]
    )
  }
}
