internal import ArgumentParser
internal import NTReleases

/// Lists the releases, or what changes between two.
struct ReleasesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "releases",
    abstract: "List the releases, or what changes for a driver between two of them.",
    discussion: """
      Without arguments, the releases that Lockstep knows. With two, what a driver meets that moves \
      from one to the other: what the memory manager does otherwise, and the known differences that \
      drivers stumble over, each with its source and how sure it is.

      EXAMPLES
        lockstep releases
        lockstep releases nt400sp3 nt400sp4
        lockstep releases "Windows XP" "Windows 7"
      """
  )

  @Argument(help: "The release that the driver comes from.")
  var from: String?

  @Argument(help: "The release that it goes to.")
  var to: String?

  func run() throws {
    guard let from else { return try Terminal.print(Page.text(Self.list())) }
    guard let to else { throw UserError("releases takes none or two: lockstep releases FROM TO") }
    let (first, second) = (try Self.release(from), try Self.release(to))
    try Terminal.print(Page.text(Self.changes(from: first, to: second)))
  }

  /// The one release of a name.
  private static func release(_ name: String) throws -> Release {
    let found = try ReleaseSelection.releases(named: name)
    guard let release = found.first, found.count == 1 else {
      let names = found.map(\.id).joined(separator: ", ")
      throw UserError("\(quoted(name)) stands for several releases: \(names)")
    }
    return release
  }

  /// A line for each release.
  static func list() -> [String] {
    let header = ("release", "name", "build", "date", "processors")
    let rows =
      [header]
      + Release.allCases.map { release in
        (
          release.id, release.name, "\(release.build)", release.releaseDate,
          release.platforms.map(\.rawValue).joined(separator: " ")
        )
      }
    let first = rows.map(\.0.count).max() ?? 0
    let second = rows.map(\.1.count).max() ?? 0
    return rows.map { row in
      let cells = [
        row.0.padded(to: first), row.1.padded(to: second), row.2.padded(to: 5),
        row.3.padded(to: 10),
        row.4,
      ]
      return cells.joined(separator: "  ")
    } + ["", "x86 and x64 drivers can be run. lockstep releases FROM TO says what changes."]
  }

  /// What changes for a driver between two releases.
  static func changes(from first: Release, to second: Release) -> [String] {
    var lines = ["From \(first.name) (\(first.id)) to \(second.name) (\(second.id))"]
    if second < first {
      lines.append("Changes are told forwards in time; for you, each is the other way round.")
    }
    let changes = Behaviour.changes(from: first, to: second)
    let differences = KnownDifference.between(first, second)
    let traps = KnownDifference.arriving(between: first, second)
    if changes.isEmpty, differences.isEmpty, traps.isEmpty {
      return lines + ["", "Nothing that Lockstep knows of changes for a driver."]
    }
    if !changes.isEmpty { lines += ["", "What the model does otherwise"] }
    for change in changes {
      let what = "\(words(of: change.property)): \(change.previousValue ?? "?") -> \(change.value)"
      let difference = change.differenceID.map { ", \($0)" } ?? ""
      lines += Page.wrapped(what, indent: 2, hanging: 4)
      lines += Page.labelled("since", change.release.name + difference, indent: 4)
      let sure = "confidence \(change.confidence.rawValue)"
      lines += Page.labelled("source", "\(change.evidence); \(sure)", indent: 4)
    }
    if !differences.isEmpty { lines += ["", "Known differences that drivers stumble over"] }
    for difference in differences { lines += Explanations.difference(difference) + [""] }
    if !traps.isEmpty { lines += ["Traps of what is new on the way"] }
    for difference in traps { lines += Explanations.difference(difference) + [""] }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// A property's name in words, such as "mapping can fail flag is honoured".
  ///
  /// Acronyms stay whole, also in the plural: "no more system PTEs".
  static func words(of property: String) -> String {
    var words: [String] = []
    var word = ""
    let letters = Array(property)
    for (index, letter) in letters.enumerated() {
      let rest = letters[(index + 1)...]
      let isPlural = rest.first == "s" && rest.dropFirst().first?.isLowercase != true
      let startsWord = letter.isUppercase && rest.first?.isLowercase == true && !isPlural
      if letter.isUppercase, startsWord || word.last?.isLowercase == true, !word.isEmpty {
        words.append(word)
        word = ""
      }
      word += startsWord ? letter.lowercased() : String(letter)
    }
    return (words + [word]).joined(separator: " ").replacing("MDLIRQL", with: "MDL IRQL")
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
