internal import Findings
internal import NTReleases

/// Finds user addresses that are probed as if the kernel had given them.
struct UserAddressProbedAsKernel: Rule {
  let id: RuleID = "LS043"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event,
      case .lock(let mode, _)? = Routine(name: call.name), let value = call.value(mode),
      path.accessMode(value) == .kernel, let mdl = path.mdl(call.value(0)),
      path.isUserAddress(mdl.memory), let argument = call.argument(mode)
    else { return }
    path.report(
      id,
      .error,
      at: call.range,
      "KernelMode skips the check that the user's address is the user's",
      related: mdl.allocation.map {
        [SourceFinding.Related(range: $0, message: "the MDL is for a user address")]
      } ?? [],
      fix: isOnlyUse(argument, path)
        ? nil
        : SourceFix(
          .suggested,
          "probe with the requestor's mode",
          [SourceFix.Edit(argument.range, requestor(mdl.memory, path))]
        )
    )
  }

  /// Whether an argument is a variable that nothing else uses: it is what is to be changed.
  private func isOnlyUse(_ argument: Expression, _ path: Interpreter) -> Bool {
    guard case .name(let name) = argument.form,
      let function = path.function(around: argument.range), function.body.declares(name)
    else { return false }
    return function.uses(of: name) < 2
  }

  /// How the mode of the request is written.
  private func requestor(_ memory: Value?, _ path: Interpreter) -> String {
    guard let symbol = memory?.symbol else { return "UserMode" }
    let name = path.name(symbol)
    guard name.hasSuffix("->UserBuffer"), name.utf8.allSatisfy({ $0 < 0x80 }) else {
      return "UserMode"
    }
    return "\(name.dropLast("->UserBuffer".count))->RequestorMode"
  }
}

/// Finds locks that do not fit what is done with the pages.
struct WrongLockOperation: Rule {
  let id: RuleID = "LS044"

  func check(_ event: Event, on path: Interpreter) {
    switch event {
    case .call(let call):
      guard case .lock(_, let operation)? = Routine(name: call.name),
        let argument = call.argument(operation), let symbol = call.value(operation)?.symbol
      else { return }
      let spelling = path.name(symbol)
      guard spelling.contains("|"), spelling.contains("Access") else { return }
      path.report(
        id,
        .warning,
        at: call.range,
        "LOCK_OPERATION is an enumeration: \(spelling) is not both",
        fix: path.text(argument).contains("|")
          ? SourceFix(
            .suggested,
            "use IoModifyAccess",
            [SourceFix.Edit(argument.range, "IoModifyAccess")]
          ) : nil
      )
    case .access(let value, let range, true):
      guard let mapping = path.mapping(value),
        let mdl = mapping.mdl.flatMap({ path.state.mdls[$0] }),
        mdl.lockOperation == 0, mdl.contents == .locked, let lock = mdl.lock
      else { return }
      path.report(
        id,
        .warning,
        at: lock,
        "the pages are locked with IoReadAccess, and then written to",
        related: [SourceFinding.Related(range: range, message: "they are written to here")]
      )
    default: break
    }
  }
}

/// Finds pool memory that is shown to user programs.
struct PoolMappedToUser: Rule {
  let id: RuleID = "LS045"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event, case .map? = Routine(name: call.name),
      let mode = call.value(1), path.accessMode(mode) == .user,
      let memory = path.mdl(call.value(0))?.memory?.symbol, let pool = pool(of: memory, path)
    else { return }
    guard !path.takesWholePages(pool) else { return }
    path.report(
      id,
      .warning,
      at: call.range,
      "pages are mapped whole: the user's program sees what else is in the pool's pages",
      related: [
        SourceFinding.Related(range: path.info(pool).range, message: "the memory is from a pool")
      ]
    )
  }
}

extension PoolMappedToUser {
  /// The pool memory that an address lies in.
  private func pool(of memory: Symbol, _ path: Interpreter) -> Symbol? {
    var current: Symbol? = memory
    for _ in 0..<3 {
      guard let symbol = current else { return nil }
      if case .pool = path.info(symbol).kind { return symbol }
      current = path.owners[symbol]
    }
    return nil
  }
}

/// Finds calls that must not be made at the IRQL of a spin lock.
struct CallUnderSpinLock: Rule {
  let id: RuleID = "LS024"

  func check(_ event: Event, on path: Interpreter) {
    guard case .call(let call) = event,
      let lock = path.state.spinLocks.last(where: { !$0.isEmpty }),
      let routine = Routine(name: call.name)
    else { return }
    switch routine {
    case .allocatePages, .freePages:
      path.report(
        id,
        .warning,
        at: call.range,
        "\(call.name) is called at DISPATCH_LEVEL, as \(held(lock))",
        through: .vista
      )
    case .map:
      guard let mode = call.value(1), path.accessMode(mode) == .user else { return }
      path.report(
        id,
        .warning,
        at: call.range,
        "pages are mapped into user space at DISPATCH_LEVEL, as \(held(lock))"
      )
    case .lock(let mode, _):
      guard let value = call.value(mode),
        path.accessMode(value) == .user || path.isUserAddress(path.mdl(call.value(0))?.memory)
      else { return }
      path.report(
        id,
        .warning,
        at: call.range,
        "pageable memory is locked at DISPATCH_LEVEL, as \(held(lock))"
      )
    default: break
    }
  }

  private func held(_ lock: String) -> String {
    lock == "the IRQL" ? "the IRQL was raised" : "\(lock) is held"
  }
}
