/// Measures what Lockstep promises, as ratios within one run where hosts differ.
///
/// Nothing fails because it is slow: the table says which targets are met. Arguments choose among the
/// groups of rows.
@main
struct Benchmarks {
  // Processes come first, while this one is small.
  private enum Group: String, CaseIterable {
    case processes, calls, loops, routines, mappings, snapshots, runs, checking, acts

    func rows(_ bench: Bench) async throws -> [Row] {
      switch self {
      case .processes: try bench.processRows()
      case .calls: try bench.callRows()
      case .loops: try bench.loopRows()
      case .routines: try bench.routineRows()
      case .mappings: try bench.mappingRows()
      case .snapshots: try bench.snapshotRows()
      case .runs: try await bench.runRows()
      case .checking: try await bench.checkingRows()
      case .acts: try bench.actRows()
      }
    }
  }

  static func main() async throws {
    let names = CommandLine.arguments.dropFirst()
    let groups = Group.allCases.filter { names.isEmpty || names.contains($0.rawValue) }
    guard !groups.isEmpty else {
      let all = Group.allCases.map(\.rawValue).joined(separator: " | ")
      return print("usage: Benchmarks [\(all)]…")
    }
    let bench = try Bench()
    print(Row.header)
    for group in groups {
      for row in try await group.rows(bench) { print(row.text) }
    }
  }
}
