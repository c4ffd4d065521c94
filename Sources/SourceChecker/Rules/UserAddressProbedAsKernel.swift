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
