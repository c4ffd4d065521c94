import Findings
import Foundation
import GuestABI
import Lockstep
import NTKernel
import NTReleases
import PortableExecutable

/// What it costs to check each access to the byte, on our drivers and on real ones.
extension Bench {
  func checkingRows() async throws -> [Row] {
    var rows: [Row] = []
    for architecture in Architecture.allCases {
      for name in ["kb199311-portable1-kernel-ulongptr", "pool-mdl"] {
        let path = ".build/test-drivers/\(name)-\(architecture).sys"
        if let row = try await checkingRow(checkout.appending(path: path)) { rows.append(row) }
      }
    }
    let folder = checkout.appending(path: ".deps/drivers")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    for file in files.sorted() where file.hasSuffix(".sys") {
      if let row = try await checkingRow(folder.appending(path: file)) { rows.append(row) }
    }
    return rows
  }

  private func checkingRow(_ file: URL) async throws -> Row? {
    guard let data = try? Data(contentsOf: file) else { return nil }
    let driver = ReleaseRunner.Driver(
      file: DriverFile(name: file.lastPathComponent, sha256: "", path: file.path()),
      image: try Image(parsing: [UInt8](data))
    )
    let releases = Release.allCases.filter { $0.runs(on: driver.architecture.platform) }
    let runner = ReleaseRunner(makeEngine: makeEngine)
    func time(_ checksAccesses: Bool) async throws -> Double {
      var options = ReleaseRunner.Options()
      options.checksAccesses = checksAccesses
      return try await seconds { _ = try await runner.run(driver, on: releases, options) }
    }
    var times: [(ours: Double, reference: Double)] = []
    for turn in 0..<6 {
      let pair = (ours: try await time(true), reference: try await time(false))
      // The first turn fills caches.
      if turn > 0 { times.append(pair) }
    }
    return Row("\(file.lastPathComponent), checked / not", Comparison(times), .atMost(3))
  }
}
