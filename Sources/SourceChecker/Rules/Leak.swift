internal import Findings
internal import NTReleases

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
