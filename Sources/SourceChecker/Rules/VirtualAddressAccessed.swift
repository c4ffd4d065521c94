internal import Findings

/// Finds accesses through an MDL's virtual address, which is no system address.
struct VirtualAddressAccessed: Rule {
  let id: RuleID = "LS042"

  func check(_ event: Event, on path: Interpreter) {
    guard case .access(let value, let range, _) = event, let mdl = path.virtualAddress(value)
    else { return }
    if let state = path.state.mdls[mdl] {
      guard state.contents != .nonpaged else { return }
      // The memory that the driver made the MDL for is its own, unless a user gave it.
      if state.allocator != nil, !path.isUserAddress(state.memory) { return }
    }
    let place = path.place(range, of: value)
    path.report(
      id,
      .error,
      at: place,
      "the virtual address of an MDL is valid only in the process that it belongs to",
      related: place == range
        ? [] : [SourceFinding.Related(range: range, message: "it is accessed here")]
    )
  }
}
