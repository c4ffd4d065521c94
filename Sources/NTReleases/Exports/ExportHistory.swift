/// Which release's kernel and HAL export which names.
///
/// Source: Geoff Chappell's tables of exports, restated; see ``ExportRecord``.
public enum ExportHistory {
  /// The last release whose names were read from the kernel itself.
  public static let lastTable = Release.win10_2004

  /// The last release that the consulted headers cover (WDK 10.0.22621 and its updates).
  static let lastHeaders = Release.win11_23h2

  /// The records of a name, at most one from each of the kernel and the HAL.
  public static func records(of name: String, in module: ExportModule? = nil) -> [ExportRecord] {
    let rows =
      if let module {
        FactTable.exports.rows(name, module.rawValue)
      } else {
        FactTable.exports.rows(name)
      }
    return rows.compactMap(ExportRecord.init)
  }

  /// The record of a name that a module exports.
  public static func record(of name: String, in module: ExportModule) -> ExportRecord? {
    records(of: name, in: module).first
  }

  /// Every record, sorted by name and module.
  ///
  /// Reading them all takes some milliseconds, once.
  public static let allRecords = FactTable.exports.rows.compactMap(ExportRecord.init)

  /// Whether a release exports a name on a processor.
  ///
  /// - Parameters:
  ///   - name: The undecorated name.
  ///   - module: The module to look in, or `nil` for the kernel and the HAL.
  ///   - release: The release.
  ///   - platform: The processor.
  /// - Returns: `.exported` if one of the modules exports it, else the most that is known.
  public static func availability(
    of name: String,
    in module: ExportModule? = nil,
    by release: Release,
    on platform: Platform
  ) -> Availability {
    let found = records(of: name, in: module).map { $0.availability(in: release, on: platform) }
    return found.first(where: \.isExported) ?? found.first { !$0.isNotExported } ?? found.first
      ?? unlisted(name, in: release, on: platform)
  }

  /// The names that a module of a release is known to export, sorted.
  public static func names(
    in module: ExportModule,
    by release: Release,
    on platform: Platform
  ) -> [String] {
    allRecords.filter { record in
      record.module == module && record.availability(in: release, on: platform).isExported
    }
    .map(\.name)
  }

  /// What it means that no source lists a name in a module.
  ///
  /// After the last table the name may be new, unless that table has it in another module, such as
  /// `KfLowerIrql`, which 32-bit HALs alone export: later releases inherit that it is not in this one.
  static func unlisted(
    _ name: String,
    in release: Release,
    on platform: Platform
  ) -> Availability {
    guard release.runs(on: platform) else { return .unknown(.noSuchPlatform(platform)) }
    guard platform != .ia64, hasTable(of: platform, in: release) else {
      return .unknown(.noTable(platform))
    }
    let isOld = records(of: name).contains { record in
      !record.isDeclaredOnly && record.first.map { $0 <= lastTable } ?? false
    }
    return release <= lastTable || isOld
      ? .notExported(first: nil, last: nil, gap: nil) : .unknown(.noTableForRelease(release))
  }

  /// Whether a release's names on a processor were read, or can be inherited.
  static func hasTable(of platform: Platform, in release: Release) -> Bool {
    switch platform {
    case .x86, .x64: true
    case .ia64: .ws03sp1 <= release && release <= .vistasp2
    case .mips, .alpha, .powerPC, .arm32, .arm64: false
    }
  }

  /// The first release that runs on a processor.
  static func first(of platform: Platform) -> Release {
    switch platform {
    case .x86, .mips, .alpha: .nt310
    case .powerPC: .nt351
    case .ia64: .wxp
    case .x64: .ws03sp1
    case .arm32: .win8
    case .arm64: .win10_1709
    }
  }
}
