internal import Findings
internal import NTReleases

/// The releases that the user asked for.
enum ReleaseSelection: Equatable {
  /// All that the driver's processor had.
  case all
  /// These, in order.
  case named([Release])

  /// Reads "all" or releases with commas between them.
  init(_ text: String) throws {
    guard text.lowercased() != "all" else {
      self = .all
      return
    }
    let names = text.split(separator: ",", omittingEmptySubsequences: true).map(String.init)
    guard !names.isEmpty else { throw UserError("--on needs releases, or all") }
    let releases = try names.flatMap(Self.releases(named:))
    self = .named(Set(releases).sorted())
  }

  /// Finds the releases of a name, mostly one.
  static func releases(named name: String) throws -> [Release] {
    let found = Release.named(name)
    guard found.isEmpty else { return found }
    let suggestions = Release.suggestions(for: name).map(\.id)
    let hint =
      suggestions.isEmpty
      ? "`lockstep releases` lists them all"
      : "did you mean \(suggestions.joined(separator: ", "))?"
    throw UserError("unknown release \(quoted(name)); \(hint)")
  }

  /// The releases to run each driver on.
  ///
  /// A release that none of the drivers' processors had is an error if it was asked for by name.
  func releases(for drivers: [InputDriver]) throws -> [[Release]] {
    guard case .named(let releases) = self else {
      return drivers.map { driver in Release.allCases.filter { $0.runs(on: driver.platform) } }
    }
    for release in releases {
      guard let driver = drivers.first, !drivers.contains(where: { release.runs(on: $0.platform) })
      else { continue }
      throw Self.neverMet(release, driver)
    }
    return try drivers.map { driver in
      let own = releases.filter { $0.runs(on: driver.platform) }
      guard own.isEmpty, let release = releases.first else { return own }
      throw Self.neverMet(release, driver)
    }
  }

  private static func neverMet(_ release: Release, _ driver: InputDriver) -> UserError {
    let platform = driver.platform
    let all = Release.allCases.filter { $0.runs(on: platform) }
    let range = all.first.flatMap { first in all.last.map { "from \(first.id) to \($0.id)" } } ?? ""
    return UserError(
      "\(release.id) (\(release.name)) never ran on \(platform.rawValue), for which "
        + "\(driver.file.name) is built; \(platform.rawValue) had releases \(range)"
    )
  }
}

/// A text of the user's in quotes, on one line.
func quoted(_ text: String) -> String {
  "'"
    + text.map { $0.isNewline || $0.unicodeScalars.first?.value ?? 32 < 32 ? " " : String($0) }
    .joined() + "'"
}
