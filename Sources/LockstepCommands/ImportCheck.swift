internal import Findings
internal import Lockstep
internal import NTReleases
internal import PortableExecutable

/// Which releases can bind a driver's imports.
struct ImportCheck {
  /// What keeps an import from being bound, or from being known to be.
  struct Obstacle: Hashable {
    /// Whether the release is known to lack it; else nobody knows.
    let isKnown: Bool
    /// The import: a name, or a number sign and an ordinal.
    let name: String
    /// The module that the driver imports it from.
    let module: String
    /// Since when it is there, or why nothing is known.
    let reason: String
    /// Where that was learned.
    let source: String?
  }

  /// Releases on which the same imports are obstacles.
  struct Group {
    var releases: [Release]
    let obstacles: [Obstacle]
    let coverage: Coverage
  }

  /// What releases of a group have in common.
  private struct GroupKey: Hashable {
    let obstacles: [Obstacle]
    let coverage: Coverage
  }

  let driver: InputDriver
  let releases: [Release]
  /// The groups, in the order of their first releases.
  let groups: [Group]

  /// Checks a driver's imports on every release of its processor.
  ///
  /// - Parameters:
  ///   - driver: The driver.
  ///   - companions: The drivers that are loaded with it.
  ///   - modelled: The names that are modelled on its processor.
  init(_ driver: InputDriver, companions: [InputDriver], modelled: ModelledNames) {
    self.driver = driver
    releases = Release.allCases.filter { $0.runs(on: driver.platform) }
    var groups: [Group] = []
    var indices: [GroupKey: Int] = [:]
    for release in releases {
      let obstacles = driver.image.imports.flatMap { module in
        module.imports.compactMap { symbol in
          Self.obstacle(symbol.reference, module.name, release, driver.platform, companions)
        }
      }
      // What is modelled does not matter where the driver cannot be loaded.
      let coverage =
        obstacles.contains(where: \.isKnown)
        ? Coverage(count: 0, missing: [])
        : Self.coverage(of: driver, release, companions, modelled)
      let key = GroupKey(obstacles: obstacles, coverage: coverage)
      if let index = indices[key] {
        groups[index].releases.append(release)
      } else {
        indices[key] = groups.count
        groups.append(Group(releases: [release], obstacles: obstacles, coverage: coverage))
      }
    }
    self.groups = groups
  }

  private static func obstacle(
    _ reference: ImportedSymbol.Reference,
    _ module: String,
    _ release: Release,
    _ platform: Platform,
    _ companions: [InputDriver]
  ) -> Obstacle? {
    func obstacle(_ reason: String, isKnown: Bool, source: String? = nil) -> Obstacle {
      Obstacle(
        isKnown: isKnown,
        name: "\(reference)",
        module: module,
        reason: reason,
        source: source
      )
    }
    if let companion = companions.first(where: { $0.isNamed(module) }) {
      let exports = companion.image.exports
      let isThere =
        switch reference {
        case .name(let name, hint: _): exports?.lookup(name) != nil
        case .ordinal(let ordinal): exports?.lookup(ordinal: UInt32(ordinal)) != nil
        }
      return isThere
        ? nil : obstacle("\(companion.file.name), as given, does not export it", isKnown: true)
    }
    guard ExportModule(dll: module) != nil else {
      let reason = "nothing is known of it: give the driver of that name too"
      return obstacle(reason, isKnown: false)
    }
    guard case .name(let symbol, hint: _) = reference else {
      return obstacle("no source says which routines have which ordinals", isKnown: false)
    }
    guard
      let found = ExportHistory.resolve(symbol, importedFrom: module, by: release, on: platform)
    else { return nil }
    let source = found.source
    switch found.availability {
    case .exported: return nil
    case .notExported(first: nil, last: nil, gap: nil):
      return obstacle("not exported by any release that is known", isKnown: true, source: source)
    case .notExported, .noModule:
      return obstacle("\(found.availability)", isKnown: true, source: source)
    case .unknown(.noTableForRelease):
      let last = ExportHistory.lastTable
      return obstacle(
        "not exported up to \(last), after which no export table was found",
        isKnown: false
      )
    case .unknown(let reason): return obstacle("\(reason)", isKnown: false, source: source)
    }
  }
}

extension InputDriver {
  /// Whether the driver is meant by the name of a module that another one imports from: its file's
  /// name, or the name that its linker gave it.
  func isNamed(_ module: String) -> Bool {
    let name = module.lowercased()
    return file.name.lowercased() == name || image.exports?.moduleName.lowercased() == name
  }
}
