/// The difference between two versions of a file in the form that `patch` and `git apply` read.
public struct UnifiedDiff: Sendable {
  /// A line of a hunk, with what ends it.
  public struct Line: Hashable, Sendable {
    public enum Kind: Sendable {
      case same, removed, added
    }

    public let kind: Kind
    public let bytes: ArraySlice<UInt8>
  }

  /// Lines that changed, with some around them.
  public struct Hunk: Hashable, Sendable {
    /// The first line in the old file, from 1.
    public let oldStart: Int
    /// The first line in the new file, from 1.
    public let newStart: Int
    public let lines: [Line]
  }

  public let hunks: [Hunk]

  /// Compares two versions.
  ///
  /// - Parameters:
  ///   - old: The bytes of the file as it is.
  ///   - new: The bytes as they are to be.
  ///   - context: How many lines to show around those that change.
  public init(from old: [UInt8], to new: [UInt8], context: Int = 3) {
    let difference = LineDifference(from: old, to: new)
    var groups: [[LineDifference.Change]] = []
    for change in difference.changes {
      if let last = groups.last?.last, change.old.lowerBound - last.old.upperBound <= 2 * context {
        groups[groups.count - 1].append(change)
      } else {
        groups.append([change])
      }
    }
    hunks = groups.compactMap { Self.hunk(of: $0, in: difference, context: context) }
  }

  private static func hunk(
    of changes: [LineDifference.Change],
    in difference: LineDifference,
    context: Int
  ) -> Hunk? {
    guard let first = changes.first, let last = changes.last else { return nil }
    let before = min(context, first.old.lowerBound)
    let after = min(context, difference.old.count - last.old.upperBound)
    var lines: [Line] = []
    var place = first.old.lowerBound - before
    for change in changes {
      lines += difference.old[place..<change.old.lowerBound].map { Line(kind: .same, bytes: $0) }
      lines += difference.old[change.old].map { Line(kind: .removed, bytes: $0) }
      lines += difference.new[change.new].map { Line(kind: .added, bytes: $0) }
      place = change.old.upperBound
    }
    lines += difference.old[place..<(place + after)].map { Line(kind: .same, bytes: $0) }
    return Hunk(
      oldStart: first.old.lowerBound - before + 1,
      newStart: first.new.lowerBound - before + 1,
      lines: lines
    )
  }

  /// The diff as a file, or nothing if the versions are the same.
  ///
  /// The lines are in the file's own encoding and keep what ends them. The path is that from the folder in
  /// which `git apply` is to be run.
  public func bytes(path: String) -> [UInt8] {
    guard !hunks.isEmpty else { return [] }
    var result = Array("--- \(Self.name("a/" + path))\n+++ \(Self.name("b/" + path))\n".utf8)
    for hunk in hunks {
      result += Array("\(hunk.header)\n".utf8)
      for line in hunk.lines {
        result.append(line.kind.mark)
        result += line.bytes
        if line.bytes.last != 0x0A { result += Array("\n\\ No newline at end of file\n".utf8) }
      }
    }
    return result
  }

  /// A path as diffs have it: in quotes, with octal escapes, if it has characters that need it.
  private static func name(_ path: String) -> String {
    guard path.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 >= 0x7F }) else {
      // A space would end the name for some programs; a tab behind it tells them where it ends.
      return path.utf8.contains(0x20) ? path + "\t" : path
    }
    var quoted = "\""
    for byte in path.utf8 {
      switch byte {
      case 0x22: quoted += "\\\""
      case 0x5C: quoted += "\\\\"
      case 0x20..<0x7F: quoted.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 8)
        quoted += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      }
    }
    return quoted + "\""
  }
}

extension UnifiedDiff.Hunk {
  /// The line in front of the hunk, without a line break.
  public var header: String {
    let old = lines.count { $0.kind != .added }
    let new = lines.count { $0.kind != .removed }
    return "@@ -\(Self.span(oldStart, old)) +\(Self.span(newStart, new)) @@"
  }

  private static func span(_ start: Int, _ count: Int) -> String {
    // Lines that are none are counted from the line in front of them.
    count == 1 ? "\(start)" : "\(count == 0 ? start - 1 : start),\(count)"
  }
}

extension UnifiedDiff.Line.Kind {
  fileprivate var mark: UInt8 {
    switch self {
    case .same: 0x20
    case .removed: 0x2D
    case .added: 0x2B
    }
  }
}
