import GuestABI
import NTKernel
import NTReleases
import ReferenceModel

/// Random sequences against the reference model: a difference ends the benchmarks.
extension Bench {
  /// The acts over all releases together.
  private static let actCount = 1_000_000

  func actRows() throws -> [Row] {
    let kernels = Architecture.allCases.flatMap { architecture in
      Release.allCases.filter { $0.runs(on: architecture.platform) }.map { ($0, architecture) }
    }
    let share = Self.actCount / kernels.count + 1
    let time = try seconds {
      for (number, (release, architecture)) in kernels.enumerated() {
        var acts = try RandomActs(release, architecture, seed: UInt64(number) + 1)
        try acts.run(share)
        try acts.finish()
      }
    }
    return [Row("\(share * kernels.count) random acts on \(kernels.count) kernels", time, .none)]
  }
}
