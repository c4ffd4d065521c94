/// How many paths are walked, and which of them are one.
extension Interpreter {
  /// Walks through a function's body from its start, and on from each label that is jumped to.
  func ends(of body: Statement, from states: [State]) throws(Interruption) -> Ends {
    var flow = try execute(body, states)
    let end = max(body.range.lowerBound, body.range.upperBound - 1)..<body.range.upperBound
    var ends = Ends()
    func take(_ flow: Flow) {
      ends.returns += flow.returns
      ends.returns += merged(flow.normal).map { ($0, nil, end) }
      ends.raised += flow.raised
    }
    take(flow)
    var seen: [String: Set<State>] = [:]
    var pending = flow.jumps
    for _ in 0..<24 {
      guard let label = pending.first?.label else { break }
      let targets = merged(pending.filter { $0.label == label }.map(\.state)).filter {
        !seen[label, default: []].contains($0)
      }
      pending.removeAll { $0.label == label }
      seen[label, default: []].formUnion(targets)
      guard !targets.isEmpty, let next = try enter(body, at: label, targets) else { continue }
      flow = next
      take(flow)
      pending += flow.jumps
    }
    ends.raised = merged(ends.raised)
    return ends
  }

  /// Walks an expression from each state, on every path through it.
  func paths<Result>(
    from states: [State],
    _ flow: inout Flow,
    _ body: () throws(Interruption) -> Result
  ) throws(Interruption) -> [(state: State, result: Result)] {
    let saved = oracle
    defer { oracle = saved }
    var results: [(state: State, result: Result)] = []
    for start in states {
      oracle = Oracle()
      var count = 0
      repeat {
        state = start
        count += 1
        try spend()
        do throws(Interruption) {
          let result = try body()
          results.append((state, result))
        } catch {
          switch error {
          case .raised: flow.raised.append(state)
          case .returned:
            let range = pendingReturn?.range ?? 0..<0
            flow.returns.append((state, pendingReturn?.value, range))
          case .impossible: break
          case .exhausted: throw error
          }
        }
      } while count < Self.pathLimit && oracle.advance()
    }
    return results
  }

  /// States without those that are the same, or differ only in what was found out about values; where
  /// there are many, also in what hardly matters to MDLs.
  func merged(_ states: [State]) -> [State] {
    guard states.count > 1 else { return states }
    let distinct = joined(states)
    guard distinct.count > Self.stateGoal else { return distinct }
    return Array(joined(distinct.map(coarsened)).prefix(Self.stateLimit))
  }

  /// States without those that are the same, or differ only in what was found out about values.
  func joined(_ states: [State]) -> [State] {
    var facts: [State: [Test: Bool]] = [:]
    var order: [State] = []
    for state in states {
      var bare = state
      bare.facts = [:]
      if let known = facts[bare] {
        facts[bare] = known.filter { state.facts[$0.key] == $0.value }
      } else {
        facts[bare] = state.facts
        order.append(bare)
      }
    }
    return order.map { bare in
      var state = bare
      state.facts = facts[bare] ?? [:]
      return state
    }
  }

  /// A state that has forgotten which failure a status is, and what was put into variables and fields that
  /// nothing is known about.
  func coarsened(_ state: State) -> State {
    var result = state
    let tested = Set(state.facts.keys.flatMap(\.symbols))
    for (place, value) in state.values.values {
      switch value.base {
      case .symbol(let symbol):
        guard state.mdls[symbol] == nil, !tested.contains(symbol) else { continue }
        switch info(symbol).kind {
        case .status(isSuccess: false): result.values[place] = .symbol(anyFailure)
        case .other: result.values[place] = .symbol(forgotten(place))
        default: break
        }
      case .integer:
        if case .field = place { result.values[place] = .symbol(forgotten(place)) }
      case .address, .test: break
      }
    }
    return result
  }
}
