/// MDLs that are kept in structures, and lost with what the structures hold.
extension Interpreter {
  /// Forgets what was known of an earlier bearer of a symbol, and of what was found in it.
  func renew(_ symbol: Symbol) {
    state.renew(symbol)
    guard !contents.isEmpty else { return }
    var pending = contents[symbol] ?? []
    var seen: Set<Symbol> = [symbol]
    while let next = pending.popLast() {
      guard seen.insert(next).inserted else { continue }
      state.renew(next)
      pending += contents[next] ?? []
    }
  }

  /// Forgets the MDLs in a structure that are gone: what is not seen may have put others in their place.
  private func replaceUnseen(_ owner: Symbol) {
    for symbol in contents[owner] ?? [] {
      guard let mdl = state.mdls[symbol], mdl.isGone else { continue }
      state.renew(symbol)
    }
    for (place, held) in state.values.values {
      guard case .field(owner, _) = place, let symbol = held.symbol,
        let mdl = state.mdls[symbol], mdl.isGone
      else { continue }
      state.values[place] = nil
    }
  }

  /// Notes that a function that is not known may free an MDL, or those that a structure holds.
  func passOn(_ value: Value) {
    guard !state.mdls.isEmpty else { return }
    let owner: Symbol
    switch value.base {
    case .symbol(let symbol): owner = symbol
    case .address(let place):
      guard let symbol = knownIdentity(place) else { return }
      owner = symbol
    default: return
    }
    changeUnseen(owner)
    replaceUnseen(owner)
    for (place, held) in state.values.values {
      guard case .field(owner, _) = place, let mdl = held.symbol else { continue }
      if case .address = value.base { state.mdls[mdl]?.isEscaped = true }
      changeUnseen(mdl)
    }
  }

  /// Notes that an MDL may have been mapped, unlocked or freed by what is not seen.
  private func changeUnseen(_ mdl: Symbol) {
    guard var known = state.mdls[mdl] else { return }
    known.isPassedOn = true
    known.contents = .unknown
    known.systemMapping = nil
    known.userMapping = nil
    state.mdls[mdl] = known
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
