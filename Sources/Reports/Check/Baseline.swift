internal import Findings
public import SourceChecker

/// Findings that are known and do not count, as a file has them.
///
/// A finding is recognised by its rule, its file, the text of its line, and how many like it come before it
/// in the file, so that it may move.
public struct Baseline: Sendable {
  /// Why a file is no baseline.
  public struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// The form of the file, in its member `schema`.
  public static let schema = "lockstep-baseline/1"

  public let fingerprints: Set<Fingerprint>

  /// Creates a baseline of a report's findings that count.
  public init(of report: CheckReport) {
    fingerprints = Set(report.findings.map(\.fingerprint))
  }

  /// Reads a file.
  public init(parsing bytes: [UInt8]) throws {
    guard let value = JSONReader.value(of: bytes) else {
      throw FormatError(description: "is not JSON")
    }
    guard case .string(Self.schema) = value["schema"], case .array(let entries) = value["findings"]
    else { throw FormatError(description: "is no baseline (schema \(Self.schema))") }
    var fingerprints: Set<Fingerprint> = []
    for (index, entry) in entries.enumerated() {
      guard case .string(let rule) = entry["rule"], case .string(let path) = entry["path"],
        case .string(let line) = entry["line"], case .integer(let ordinal) = entry["ordinal"]
      else {
        throw FormatError(description: "has no rule, path, line or ordinal in entry \(index + 1)")
      }
      fingerprints.insert(
        Fingerprint(rule: RuleID(rawValue: rule), path: path, line: line, ordinal: ordinal)
      )
    }
    self.fingerprints = fingerprints
  }

  /// The file's text, with a line for each finding in an order that does not change.
  public var text: String {
    let entries = fingerprints.sorted {
      ($0.path, $0.rule.rawValue, $0.line, $0.ordinal)
        < ($1.path, $1.rule.rawValue, $1.line, $1.ordinal)
    }
    let lines = entries.map { entry in
      "    "
        + JSONValue.object([
          ("rule", .string(entry.rule.rawValue)), ("path", .string(entry.path)),
          ("line", .string(entry.line)), ("ordinal", .integer(entry.ordinal)),
        ]).text
    }
    let list = lines.isEmpty ? "[]" : "[\n" + lines.joined(separator: ",\n") + "\n  ]"
    return "{\n  \"schema\": \"\(Self.schema)\",\n  \"findings\": \(list)\n}\n"
  }

  /// Marks a file's findings that are in the baseline and not suppressed otherwise.
  public func mark(_ file: inout CheckedFile) {
    for index in file.findings.indices
    where file.findings[index].suppression == nil
      && fingerprints.contains(file.findings[index].fingerprint)
    {
      file.findings[index].suppression = .baseline
    }
  }
}
