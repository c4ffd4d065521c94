internal import Findings
internal import NTReleases

/// What the tables say of one thing, in lines.
enum Explanations {
  /// A known difference between releases.
  static func difference(_ difference: KnownDifference) -> [String] {
    var lines = ["\(difference.id)  \(difference.routine)"]
    lines += Page.labelled("where", difference.boundary)
    lines += Page.labelled("before", meaningful(difference.oldBehaviour))
    lines += Page.labelled("after", meaningful(difference.newBehaviour))
    lines += Page.labelled("breaks", meaningful(difference.howADriverBreaks))
    lines += Page.labelled("write", meaningful(difference.portableIdiom))
    lines += Page.labelled("model", "\(difference.coverage)")
    lines += Page.labelled("source", difference.source)
    lines += Page.labelled("confidence", difference.confidenceNote)
    return lines
  }

  /// A rule that findings name.
  static func rule(_ description: RuleDescription) -> [String] {
    let source = description.source
    var lines = ["rule \(description.rule.rawValue)" + (source.map { "  \($0.title)" } ?? "")]
    lines += Page.labelled("rule", description.summary)
    lines += Page.labelled("severity", description.severity.rawValue)
    lines += Page.labelled("breaks on", source?.boundary ?? "")
    lines += Page.labelled("why", description.reason)
    lines += Page.labelled("write", description.remedy)
    lines += Page.labelled("search", description.equivalents.joined(separator: ", "))
    if let source {
      lines += Page.labelled("also", source.otherNames.joined(separator: ", "))
      lines += Page.labelled("fix", source.fixNote ?? source.fix.rawValue)
      lines += code("bad", source.bad) + code("good", source.good)
    }
    lines += Page.labelled(
      source == nil ? "check" : "run",
      description.counterparts.map(\.rawValue).joined(separator: ", ")
    )
    lines += Page.labelled("source", description.sources.joined(separator: ", "))
    return lines
  }

  /// A label and code beside it, whose lines stay as they are.
  private static func code(_ label: String, _ text: String) -> [String] {
    let margin = String(repeating: " ", count: 14)
    var lines = text.split(separator: "\n").map { margin + $0 }
    if let first = lines.first {
      let head = "  \(label)"
      lines[0] = head + String(repeating: " ", count: 14 - head.count) + first.dropFirst(14)
    }
    return lines
  }

  /// A release.
  static func release(_ release: Release) -> [String] {
    var lines = ["\(release.id)  \(release.name)"]
    lines += Page.labelled("server", release.serverName ?? "")
    lines += Page.labelled(
      "version",
      "\(release.majorVersion).\(release.minorVersion).\(release.build) \(release.csdVersion)"
    )
    lines += Page.labelled("date", release.releaseDate)
    lines += Page.labelled("kernel", release.kernelFileVersion ?? "")
    lines += Page.labelled("processors", release.platforms.map(\.rawValue).joined(separator: " "))
    lines += Page.labelled("notes", release.notes)
    lines += Page.labelled("source", release.source)
    return lines
  }

  /// A bug check, by its code in hexadecimal or its name; nothing if there is none.
  static func bugCheck(_ id: String) -> [String] {
    let digits = id.lowercased().hasPrefix("0x") ? id.dropFirst(2) : id[...]
    let descriptions =
      if let code = UInt32(digits, radix: 16), digits.first != "+" {
        BugCheckDescription.descriptions(of: code)
      } else {
        BugCheckDescription.all.filter { $0.name == id.uppercased() }
      }
    var lines: [String] = []
    for (index, description) in descriptions.enumerated() {
      let code = "0x" + String(description.code, radix: 16, uppercase: true)
      if index > 0 { lines.append("") }
      lines.append(
        "bug check \(code)  \(description.name)"
          + (description.subcode.map { ", first parameter \($0)" } ?? "")
      )
      lines += Page.labelled("when", description.trigger)
      for (number, text) in description.parameters.enumerated() {
        lines += Page.labelled("parameter \(number + 1)", meaningful(text), column: 16)
      }
      lines += Page.labelled("releases", description.releases)
      lines += Page.labelled("declared", meaningful(description.declaredIn))
      lines += Page.labelled("raised", meaningful(description.kernelUse))
      lines += Page.labelled("notes", meaningful(description.note))
      lines += Page.labelled("source", description.source)
      lines += Page.labelled("confidence", description.confidence.rawValue)
    }
    return lines
  }

  /// A cell of a table, or nothing where the table has only a dash.
  static func meaningful(_ text: String) -> String { text == "-" ? "" : text }
}
