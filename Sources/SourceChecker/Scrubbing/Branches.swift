/// The `#if` branches of a source, and which of them to read together.
struct Branches {
  /// What is between a conditional directive and the next of its chain.
  struct Branch {
    let condition: Directive.Condition?
    /// The branch before it in its chain, or -1.
    let previous: Int
    /// The branch that its chain is in, or -1.
    let parent: Int
    /// The first branch of its chain.
    let chain: Int
    let depth: Int
    var bytes: Range<Int>
    var tokens: Range<Int>
  }

  /// How far up a branch's own conditions are followed.
  private static let furthest = 16
  private static let mostReadings = 4
  /// How many branches are tried to be brought into one more reading.
  private static let mostAttempts = 4096

  private(set) var branches: [Branch] = []
  /// The branch that each macro is defined in, or -1.
  private(set) var macroBranches: [Int] = []
  /// How many tokens each branch has outside of the branches in it.
  private var ownTokens: [Int] = []

  /// Finds the branches of a source.
  ///
  /// Directives that nothing began are passed over, and what nothing ends, ends with the file.
  init(_ directives: [Directive], _ macros: [ScrubbedSource.Macro], tokens: Int, bytes: Int) {
    var open: [Int] = []
    for (index, directive) in directives.enumerated() {
      switch directive.kind {
      case .define: macroBranches.append(open.last ?? -1)
      case .begin(let condition):
        let parent = open.last ?? -1
        var condition = condition
        if Self.isGuard(condition, before: index + 1, directives, macros) {
          condition = Directive.Condition(
            expression: "",
            isNegated: false,
            variable: "",
            constant: true
          )
        }
        open.append(branches.count)
        add(condition, after: -1, in: parent, open.count, directive)
      case .alternative(let condition):
        guard let last = open.popLast() else { continue }
        end(last, directive)
        open.append(branches.count)
        add(condition, after: last, in: branches[last].parent, open.count, directive)
      case .otherwise:
        guard let last = open.popLast() else { continue }
        end(last, directive)
        open.append(branches.count)
        add(nil, after: last, in: branches[last].parent, open.count, directive)
      case .end:
        guard let last = open.popLast() else { continue }
        end(last, directive)
      }
    }
    for branch in open {
      branches[branch].bytes = branches[branch].bytes.lowerBound..<bytes
      branches[branch].tokens = branches[branch].tokens.lowerBound..<tokens
    }
    ownTokens = branches.map(\.tokens.count)
    for branch in branches where branch.parent >= 0 {
      ownTokens[branch.parent] -= branch.tokens.count
    }
  }

  private mutating func add(
    _ condition: Directive.Condition?,
    after previous: Int,
    in parent: Int,
    _ depth: Int,
    _ directive: Directive
  ) {
    branches.append(
      Branch(
        condition: condition,
        previous: previous,
        parent: parent,
        chain: previous < 0 ? branches.count : branches[previous].chain,
        depth: depth,
        bytes: directive.range.upperBound..<directive.range.upperBound,
        tokens: directive.token..<directive.token
      )
    )
  }

  private mutating func end(_ branch: Int, _ directive: Directive) {
    branches[branch].bytes = branches[branch].bytes.lowerBound..<directive.range.lowerBound
    branches[branch].tokens = branches[branch].tokens.lowerBound..<directive.token
  }

  /// Whether a condition only keeps a macro from being defined twice: `#ifndef X` before `#define X`.
  private static func isGuard(
    _ condition: Directive.Condition,
    before next: Int,
    _ directives: [Directive],
    _ macros: [ScrubbedSource.Macro]
  ) -> Bool {
    guard condition.isNegated, next < directives.count else { return false }
    guard case .define(let macro) = directives[next].kind else { return false }
    return condition.expression == "defined(\(macros[macro].name))"
  }

  /// The stretches that are there under a condition.
  var conditions: [ScrubbedSource.Condition] {
    var conditions: [ScrubbedSource.Condition] = []
    for branch in branches where !branch.bytes.isEmpty {
      if let own = branch.condition, !own.expression.isEmpty {
        conditions.append(
          ScrubbedSource.Condition(
            expression: own.expression,
            isNegated: own.isNegated,
            range: branch.bytes
          )
        )
      }
      for previous in earlier(than: branch) {
        guard let condition = branches[previous].condition, !condition.expression.isEmpty else {
          continue
        }
        conditions.append(
          ScrubbedSource.Condition(
            expression: condition.expression,
            isNegated: !condition.isNegated,
            range: branch.bytes
          )
        )
      }
    }
    return conditions
  }

  /// The branches before one in its chain, the nearest first, as far as they are followed.
  private func earlier(than branch: Branch) -> [Int] {
    var result: [Int] = []
    var previous = branch.previous
    while previous >= 0, result.count < Self.furthest {
      result.append(previous)
      previous = branches[previous].previous
    }
    return result
  }

  /// Which branches are read in each reading.
  ///
  /// The first has every condition true, the second every condition false; each further one has branches
  /// that none before it had, with as many conditions true as these allow.
  var readings: [[Bool]] {
    var readings = [selection { _ in true }]
    let opposite = selection { _ in false }
    if differs(readings[0], opposite) { readings.append(opposite) }
    while readings.count < Self.mostReadings {
      var values: [String: Bool] = [:]
      var attempts = 0
      for index in branches.indices where !isEmpty(index) {
        guard !readings.contains(where: { $0[index] }) else { continue }
        attempts += 1
        guard attempts <= Self.mostAttempts else { break }
        if let wanted = requirements(of: index, given: values) {
          values.merge(wanted) { old, _ in old }
        }
      }
      guard !values.isEmpty else { break }
      let next = selection { values[$0] ?? true }
      guard readings.allSatisfy({ differs($0, next) }) else { break }
      readings.append(next)
    }
    return readings
  }

  private func isEmpty(_ branch: Int) -> Bool { ownTokens[branch] == 0 }

  /// Whether two selections lead to different sources.
  private func differs(_ first: [Bool], _ second: [Bool]) -> Bool {
    for index in branches.indices where first[index] != second[index] {
      if !isEmpty(index) { return true }
    }
    return macroBranches.contains { $0 >= 0 && first[$0] != second[$0] }
  }

  /// The branches that are read when each variable has the value given for it.
  private func selection(_ value: (String) -> Bool) -> [Bool] {
    var selected = [Bool](repeating: false, count: branches.count)
    var taken = selected
    for (index, branch) in branches.enumerated() {
      let isThere = branch.parent < 0 || selected[branch.parent]
      guard isThere, !taken[branch.chain] else { continue }
      if let condition = branch.condition {
        let isTrue = condition.constant ?? (value(condition.variable) != condition.isOpposite)
        guard isTrue != condition.isNegated else { continue }
      }
      selected[index] = true
      taken[branch.chain] = true
    }
    return selected
  }

  /// The values, besides those given, with which a branch is read; nil if there are none.
  private func requirements(of index: Int, given: [String: Bool]) -> [String: Bool]? {
    var wanted: [String: Bool] = [:]
    func require(_ condition: Directive.Condition?, _ isTrue: Bool) -> Bool {
      guard let condition else { return true }
      var value = isTrue != condition.isNegated
      if let constant = condition.constant { return constant == value }
      value = value != condition.isOpposite
      if let known = given[condition.variable] ?? wanted[condition.variable] {
        return known == value
      }
      wanted[condition.variable] = value
      return true
    }
    var current = index
    while current >= 0 {
      let branch = branches[current]
      guard branch.depth <= Self.furthest, require(branch.condition, true) else { return nil }
      let earlier = earlier(than: branch)
      guard earlier.count < Self.furthest else { return nil }
      for previous in earlier where !require(branches[previous].condition, false) { return nil }
      current = branch.parent
    }
    return wanted
  }
}
