import Findings
import GuestABI
import Lockstep
import NTReleases
import Testing

/// Real drivers, which `make third-party` fetches from Debian's and PyPI's packages.
@Suite struct ThirdPartyDriverTests {
  @Test(arguments: ["WinRing0", "inpout", "winpmem"])
  func `needs nothing unmodelled on any release that loads it`(prefix: String) async throws {
    let runner = try DriverFixture.runner()
    let paths = try DriverFixture.thirdPartyPaths(prefix)
    #expect(paths.count == 2)
    for path in paths {
      let driver = try DriverFixture.driver(at: path)
      let report = try await runner.run(driver, on: driver.architecture.releases, .init())
      for run in report.results.flatMap(\.runs) where run.outcome != .loadFailed {
        // Whether Windows 2000 before SP4 exports one name that WinPmem imports is not known.
        let isOld2000 = Release.w2k <= run.release && run.release < .w2ksp4
        let gaps = run.unmodelled.filter { !isOld2000 || !$0.hasPrefix("the export Rtl") }
        #expect(gaps.isEmpty, "\(driver.file.name) on \(run.release.id)")
        guard run.unmodelled.isEmpty else { continue }
        #expect(run.events.contains("DriverEntry returns STATUS_SUCCESS"), "\(run.release.id)")
        #expect(run.events.contains("create"))
        #expect(run.events.contains { $0.hasPrefix("control 0x") })
      }
    }
  }

  @Test(arguments: try DriverTable.readFromREADME().rows)
  func `the README's table says how each driver fares`(row: DriverTable.Row) async throws {
    let table = try DriverTable.readFromREADME()
    #expect(table.rows.count == 28)
    let runner = try DriverFixture.runner()
    let drivers = try DriverFixture.thirdPartyPaths().map(DriverFixture.driver)
    let driver = try #require(drivers.first { $0.file.name == row.name })
    #expect(driver.architecture.name == row.architecture)
    let companions = drivers.filter {
      $0.file.name != row.name && $0.architecture == driver.architecture
    }
    // The releases of a column fare alike: one of them is run.
    let columns = zip(row.marks, table.columns).filter { mark, release in
      driver.architecture.releases.contains(release)
    }
    let report = try await runner.run(
      driver,
      companions: companions,
      on: columns.map(\.1),
      .init()
    )
    for (mark, release) in columns {
      let result = try #require(report.results.first { $0.release == release })
      #expect(DriverTable.mark(of: result.verdict) == mark, "\(row.name) on \(release.id)")
      for run in result.runs where run.verdict == .inconclusive {
        let isExplained = !run.unmodelled.isEmpty || !run.findings.isEmpty
        #expect(isExplained || run.outcome == .budgetExhausted, "\(row.name) on \(release.id)")
      }
      for run in result.runs where run.verdict == .wrong || run.verdict == .cannotLoad {
        #expect(!run.findings.isEmpty, "\(row.name) on \(release.id)")
      }
    }
  }
}

/// The table of real drivers by release, as the README has it.
struct DriverTable {
  /// How one driver fares.
  struct Row: CustomTestStringConvertible {
    let name: String
    let architecture: String
    /// A mark for each column.
    let marks: [String]

    var testDescription: String { name }
  }

  var rows: [Row] = []
  /// The first release of each column.
  var columns: [Release] = []

  /// Reads the table that `make readme` writes: rows of marks, then the releases of each column.
  static func readFromREADME() throws -> Self {
    let bytes = try DriverFixture.bytes(of: "\(DriverFixture.checkout)/README.md")
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let begin = try #require(lines.firstIndex { $0.hasPrefix("<!-- The drivers by release") })
    let end = try #require(lines.firstIndex { $0.hasPrefix("<!-- End of the drivers") })
    var table = Self()
    for line in lines[begin..<end] {
      let words = line.split(separator: " ").map(String.init)
      guard words.count >= 2 else { continue }
      if words[0].lowercased().hasSuffix(".sys") {
        table.rows.append(
          Row(name: words[0], architecture: words[1], marks: Array(words.dropFirst(2)))
        )
      } else if words[0].count == 1,
        let release = Release(id: words[1].filter { $0 != "," })
      {
        table.columns.append(release)
      }
    }
    for row in table.rows { #expect(row.marks.count == table.columns.count, "\(row.name)") }
    return table
  }

  static func mark(of verdict: Verdict) -> String {
    switch verdict {
    case .right: "."
    case .wrong: "W"
    case .disputed: "D"
    case .inconclusive: "?"
    case .cannotLoad: "L"
    }
  }
}
