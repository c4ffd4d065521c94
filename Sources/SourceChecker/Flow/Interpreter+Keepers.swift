/// MDLs that are kept in structures, and lost with what the structures hold.
extension Interpreter {
  /// Notes that a function that is not known may free an MDL, or those that a structure holds.
  func passOn(_ value: Value) {
    guard !state.mdls.isEmpty, let symbol = value.symbol else { return }
    state.mdls[symbol]?.isPassedOn = true
    for (place, held) in state.values.values {
      guard case .field(symbol, _) = place, let mdl = held.symbol else { continue }
      state.mdls[mdl]?.isPassedOn = true
    }
  }

  /// Notes that a field will no longer hold what it does: an MDL that was allocated on this path and that
  /// nothing else holds is lost.
  func forget(_ place: Place) {
    guard case .field = place, let symbol = state.values[place]?.symbol,
      let mdl = state.mdls[symbol], mdl.allocator != nil, mdl.isEscaped, !mdl.isPassedOn
    else { return }
    let isHeldElsewhere = state.values.values.contains { other, held in
      guard other != place, held.symbol == symbol else { return false }
      if case .variable(_, let frame) = other { return frame == 0 }
      return true
    }
    if !isHeldElsewhere { state.mdls[symbol]?.isEscaped = false }
  }
}
