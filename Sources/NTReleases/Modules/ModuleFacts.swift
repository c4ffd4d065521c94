/// What is known of a module that drivers import from, other than the kernel and the HAL.
///
/// A table lists the names of which a source says that the module exports them. What it does not list
/// may well be exported: nothing is known of it.
public struct ModuleFacts: Sendable {
  /// The module.
  public let module: ExportModule

  /// The releases that have its file.
  public let presence: ReleaseSpan

  /// Since when it exports which names.
  public let exports: [String: ReleaseSpan]

  /// The kernel's or HAL's routines that the module only passes calls on to, by its own names.
  public let forwards: [String: String]

  /// The names of ``exports``, sorted.
  public let names: [String]

  /// Names that came together.
  struct Names {
    let names: [String]
    let span: ReleaseSpan
  }

  /// Creates the facts of a module.
  ///
  /// - Parameters:
  ///   - fileName: Its file's name, in lower case: `ndis.sys`.
  ///   - presence: The releases that have the file.
  ///   - exports: What it exports.
  ///   - forwards: The kernel's or HAL's routines that it only passes calls on to, by its own names.
  init(
    _ fileName: String,
    _ presence: ReleaseSpan,
    exports: [Names],
    forwards: [String: String] = [:]
  ) {
    self.forwards = forwards
    module = ExportModule(fileName: fileName)
    self.presence = presence
    self.exports = Dictionary(
      exports.flatMap { group in group.names.map { ($0, group.span) } },
      uniquingKeysWith: { first, _ in first }
    )
    names = self.exports.keys.sorted()
  }
}

extension ModuleFacts.Names {
  /// Names, separated by blanks or ends of lines, with the releases that have them.
  static func names(_ names: String, _ span: ReleaseSpan) -> Self {
    Self(names: names.split { $0 == " " || $0 == "\n" }.map(String.init), span: span)
  }
}

extension ModuleFacts {
  /// Finds what is known of a module, by the name of its file in any case.
  public init?(fileName: String) {
    let name = fileName.lowercased()
    guard let facts = Self.all.first(where: { $0.module.rawValue == name }) else { return nil }
    self = facts
  }

  /// Whether a release's module exports a name on a processor.
  public func availability(
    of name: String,
    by release: Release,
    on platform: Platform
  ) -> Availability {
    guard release.runs(on: platform) else { return .unknown(.noSuchPlatform(platform)) }
    switch presence.contains(release, on: platform) {
    case true?: break
    case false?:
      return .noModule(
        first: presence.platforms.contains(platform) ? presence.first : nil,
        last: presence.last,
        gap: presence.gap
      )
    case nil: return .unknown(.moduleSeenOnlySince(presence.first))
    }
    guard let span = exports[name] else { return .unknown(.unlisted) }
    switch span.contains(release, on: platform) {
    case true?:
      return .exported(
        evidence: span.evidence,
        confidence: span.evidence.isConfirmed ? .medium : .low
      )
    case false? where !span.platforms.contains(platform):
      return .notExported(first: nil, last: nil, gap: nil)
    case false?: return .notExported(first: span.first, last: span.last, gap: span.gap)
    case nil: return .unknown(.seenOnlySince(span.first))
    }
  }

  /// The source that an availability rests on.
  func source(of name: String, by release: Release, on platform: Platform) -> String {
    guard presence.contains(release, on: platform) == true, let span = exports[name] else {
      return "\(presence.evidence)"
    }
    return "\(span.evidence)"
  }
}
