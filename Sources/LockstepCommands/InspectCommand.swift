internal import ArgumentParser
internal import Findings
internal import Lockstep
internal import NTReleases
internal import PortableExecutable
internal import Reports

/// Says which releases can load drivers.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say which releases can load a driver, and which import stops the others.",
    discussion: """
      NT binds a driver's imports by name when it loads it: one name that the release does not export \
      and the driver is refused. Nothing is run here; the names are looked up in the history of what \
      the kernel, the HAL and other modules export, and among what is modelled: a run on a release \
      needs no more than that.

      EXAMPLES
        lockstep inspect driver.sys
        lockstep inspect class.sys port.sys    port.sys may import from class.sys

      EXIT STATUS
        0  every release of its processor can load it
        1  some release cannot
        2  wrong use, or a file that is no driver
        3  whether some release can is not known
      """
  )

  @Argument(help: ArgumentHelp("The drivers, for x86 or x64.", valueName: "driver.sys"))
  var drivers: [String]

  func run() throws {
    let checks = try Self.checks(drivers.map(DriverReader.read))
    try Terminal.print(checks.map(Self.text).joined(separator: "\n"))
    throw ExitCode(Self.status(of: checks).rawValue)
  }

  static func checks(_ inputs: [InputDriver]) throws -> [ImportCheck] {
    try inputs.enumerated().map { index, driver in
      let others = inputs.enumerated().filter { other in
        other.offset != index && other.element.platform == driver.platform
      }
      return ImportCheck(
        driver,
        companions: others.map(\.element),
        modelled: try ModelledNames(driver.architecture)
      )
    }
  }

  static func status(of checks: [ImportCheck]) -> ExitStatus {
    let obstacles = checks.flatMap { $0.groups.flatMap(\.obstacles) }
    if obstacles.contains(where: \.isKnown) { return .findings }
    return obstacles.isEmpty ? .clean : .inconclusive
  }

  /// What to say of a driver.
  static func text(_ check: ImportCheck) -> String {
    let driver = check.driver
    let count = driver.image.imports.reduce(0) { $0 + $1.imports.count }
    let modules = driver.image.imports.map(\.name)
    let from = modules.isEmpty ? "" : " from \(Set(modules).sorted().joined(separator: ", "))"
    let title =
      "\(driver.file.name) (\(driver.platform.rawValue)): \(count) import\(count == 1 ? "" : "s")\(from)"
    var lines = Page.wrapped(title, hanging: 2) + ["  sha256  \(driver.file.sha256)"]
    for group in check.groups {
      let isBlocked = group.obstacles.contains(where: \.isKnown)
      let heading =
        group.obstacles.isEmpty ? "loads on" : isBlocked ? "cannot load on" : "not known for"
      let ranges = ReleaseRanges(group.releases, among: check.releases)
      lines += ["", "  \(heading) \(ranges.text)"]
      let shown = group.obstacles.filter { $0.isKnown == isBlocked }
      lines += Self.lines(for: shown)
      if !isBlocked { lines += Page.wrapped(group.coverage.text, indent: 4) }
      let left = group.obstacles.count - shown.count
      if left > 0 { lines.append("    (and nothing is known of \(left) more)") }
    }
    return Page.text(lines)
  }

  /// Imports, those together that are kept away for the same reason.
  private static func lines(for obstacles: [ImportCheck.Obstacle]) -> [String] {
    struct Cause: Hashable {
      let module: String
      let reason: String
      let source: String?
    }
    var order: [Cause] = []
    var names: [Cause: [String]] = [:]
    for obstacle in obstacles {
      let cause = Cause(module: obstacle.module, reason: obstacle.reason, source: obstacle.source)
      if names[cause] == nil { order.append(cause) }
      names[cause, default: []].append(obstacle.name)
    }
    return order.flatMap { cause -> [String] in
      let list = (names[cause] ?? []).joined(separator: ", ")
      return Page.wrapped("\(list) in \(cause.module): \(cause.reason)", indent: 4)
        + (cause.source.map { Page.wrapped("source: \($0)", indent: 8) } ?? [])
    }
  }
}
