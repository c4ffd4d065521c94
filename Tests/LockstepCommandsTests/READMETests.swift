import Testing

@testable import LockstepCommands

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The README's table of what is modelled, which `make readme` writes anew.
@Suite struct READMETests {
  private static let begin = "<!-- What is modelled: written by make readme. -->\n"
  private static let end = "<!-- End of what is modelled. -->\n"

  /// The README, and where the table is in it.
  private struct File {
    let path: String
    let text: String
    let table: Range<String.Index>

    init() throws {
      let folder = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
      path = folder + "/README.md"
      text = String(decoding: try DriverReader.contents(of: path), as: UTF8.self)
      let start = try #require(text.firstRange(of: begin))
      let stop = try #require(text.firstRange(of: end))
      table = start.upperBound..<stop.lowerBound
    }

    /// The rows of the table.
    var rows: [CoverageTable.Row] {
      text[table].split(separator: "\n").compactMap { line in
        let cells = line.split(separator: "|").map { $0.drop { $0 == " " }.split(separator: " ") }
        guard cells.count == 3, let modelled = Int(cells[1].joined()),
          let exported = Int(cells[2].joined())
        else { return nil }
        return CoverageTable.Row(
          component: cells[0].joined(separator: " "),
          modelled: modelled,
          exported: exported
        )
      }
    }

    func write(_ table: String) throws {
      let bytes = Array(
        (text[..<self.table.lowerBound] + table + text[self.table.upperBound...]).utf8
      )
      let file = try #require(fopen(path, "w"))
      defer { fclose(file) }
      #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
  }

  @Test func `the table claims no more than is modelled, and is not out of date`() throws {
    let table = try CoverageTable()
    guard getenv("LOCKSTEP_WRITE_README") == nil else {
      return try File().write("\n\(table.markdown)\n\n")
    }
    let claimed = try File().rows
    #expect(claimed.count > 20, "run make readme")
    for row in claimed {
      let actual = try #require(table.rows.first { $0.component == row.component })
      #expect(row.modelled <= actual.modelled, "run make readme: \(row.component)")
    }
    // A landing need not count anew each time.
    let (old, new) = (try #require(claimed.last).modelled, try #require(table.rows.last).modelled)
    #expect(old * 3 >= new * 2, "run make readme: \(old) is no longer close to \(new)")
  }

  @Test func `the table counts each name once, and not more than are exported`() throws {
    let rows = try CoverageTable().rows
    let all = try #require(rows.last)
    #expect(all.exported > 3500)
    #expect(all.modelled > 600)
    #expect(Set(rows.map(\.component)).count == rows.count)
    for row in rows { #expect(row.modelled <= row.exported, "\(row.component)") }
    let usb = try #require(rows.first { $0.component == "usbd.sys" })
    #expect(usb.modelled >= 8)
  }
}
