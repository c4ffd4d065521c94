import Findings
import Foundation
import GuestABI
import Lockstep
import NTKernel
import NTReleases
import PortableExecutable

/// Whole machines and whole drivers, in this process.
extension Bench {
  func runRows() async throws -> [Row] {
    var rows: [Row] = []
    for architecture in Architecture.allCases {
      let creation = try Samples(
        (0..<15).map { _ in try seconds { _ = try machine(architecture) } }
      )
      rows.append(Row("a new machine, \(architecture)", creation.median, .none))
    }
    for architecture in Architecture.allCases {
      guard let driver = try driver(architecture) else { continue }
      let one = [try Self.release(architecture)]
      rows.append(
        Row(
          "KB 199311 driver on \(one[0].id), \(architecture)",
          try await run(driver, on: one, turns: 15),
          .none
        )
      )
      let all = Release.allCases.filter { $0.runs(on: architecture.platform) }
      rows.append(
        Row(
          "KB 199311 driver on \(all.count) releases, \(architecture)",
          try await run(driver, on: all, turns: 5),
          .seconds(1.1)
        )
      )
    }
    return rows
  }

  /// The file of the driver that whole runs are measured with.
  func driverFile(_ architecture: Architecture) -> URL {
    checkout.appending(
      path: ".build/test-drivers/kb199311-legacy-kernel-ulong-\(architecture).sys"
    )
  }

  private func driver(_ architecture: Architecture) throws -> ReleaseRunner.Driver? {
    let file = driverFile(architecture)
    guard let data = try? Data(contentsOf: file) else {
      print("(no \(file.path()): make drivers builds it)")
      return nil
    }
    return ReleaseRunner.Driver(
      file: DriverFile(name: file.lastPathComponent, sha256: "", path: file.path()),
      image: try Image(parsing: [UInt8](data))
    )
  }

  private func run(
    _ driver: ReleaseRunner.Driver,
    on releases: [Release],
    turns: Int
  ) async throws -> Double {
    let runner = ReleaseRunner(makeEngine: makeEngine)
    var times: [Double] = []
    for _ in 0..<turns {
      times.append(try await seconds { _ = try await runner.run(driver, on: releases, .init()) })
    }
    return Samples(times).median
  }
}
