/// A row of the table of releases.
struct ReleaseRecord: Sendable {
  let id, name: String
  let serverName: String?
  let major, minor, build: Int
  let kernelFileVersion: String?
  let csdVersion: String
  let servicePack: Int
  let releaseDate: String
  /// Which exports about the version and the address space the kernel has.
  let exported: Set<String>
  let notes, source: String

  init(_ row: FactRow) {
    id = row[1]
    name = row[2]
    serverName = row.text(3)
    major = row.integer(4) ?? 0
    minor = row.integer(5) ?? 0
    build = row.integer(6) ?? 0
    kernelFileVersion = row.text(7)
    csdVersion = row[8]
    servicePack = row.integer(9) ?? 0
    releaseDate = row[10]
    exported = Set(row.words(11).map(String.init))
    notes = row[12]
    source = row.sharedText(13)
  }
}

extension Release {
  /// Every row, in the order of code lines.
  private static let records = FactTable.releases.rows.map(ReleaseRecord.init)

  /// Every release by its identifier.
  static let identifiers = Dictionary(
    uniqueKeysWithValues: zip(records.map(\.id), allCases)
  )

  var record: ReleaseRecord { Self.records[order] }
}
