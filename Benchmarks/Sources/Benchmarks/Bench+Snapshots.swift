import GuestABI
import Lockstep
import NTKernel

/// How fast a machine is brought back to a snapshot.
extension Bench {
  func snapshotRows() throws -> [Row] {
    try Architecture.allCases.flatMap { architecture in
      let machine = try machine(architecture)
      let code = try machine.load(GuestCode.store)
      let arrays = try (0..<16).map { _ in
        let page = try machine.newPage()
        return try machine.array([page.rawValue, page.rawValue])
      }
      let taking = Samples((0..<50).map { _ in seconds { _ = machine.snapshot() } }).median
      let snapshot = machine.snapshot()
      func turn() throws -> Double {
        var restores = 0.0
        for _ in 0..<100 {
          for array in arrays { try machine.call(code, 1, array.rawValue) }
          restores += seconds { machine.restore(snapshot) }
        }
        return restores / 100
      }
      let restoring = try Samples((0..<15).map { _ in try turn() }).median
      return [
        Row("taking a snapshot, \(architecture)", taking, .none),
        Row("a restore, 16 pages written, \(architecture)", restoring, .seconds(50e-6)),
      ]
    }
  }
}
