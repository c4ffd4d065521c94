internal import Findings

/// A rule of the source checker.
protocol Rule: Sendable {
  var id: RuleID { get }

  /// Looks at something that a path does, before it takes effect, and reports what is wrong with it.
  func check(_ event: Event, on path: Interpreter)
}
