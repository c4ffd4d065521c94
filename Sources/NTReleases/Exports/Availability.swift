/// Whether a release exports a name.
public enum Availability: Hashable, Sendable {
  /// The release exports it.
  case exported(evidence: Evidence, confidence: Confidence)

  /// The release does not export it. The bounds are those on the processor that was asked about,
  /// and `nil` where the name was never exported there.
  case notExported(first: Release?, last: Release?, gap: ExportRecord.Gap?)

  /// The release does not have the module's file. The bounds are those of the file, and `nil` where no
  /// release has it on the processor.
  case noModule(first: Release?, last: Release?, gap: ExportRecord.Gap?)

  /// No source says.
  case unknown(Reason)

  /// Why it is not known whether a release exports a name.
  public enum Reason: Hashable, Sendable {
    /// The release does not run on the processor.
    case noSuchPlatform(Platform)
    /// No export table for the processor was found that covers the release.
    case noTable(Platform)
    /// No export table for the release was found. The last one is of Windows 10 2004.
    case noTableForRelease(Release)
    /// The name was seen, but no source says in which release it came.
    case undated(source: String)
    /// The name was seen in this release; earlier ones were not looked at.
    case seenOnlySince(Release)
    /// The module was seen in this release; earlier ones were not looked at.
    case moduleSeenOnlySince(Release)
    /// The module's table lists only what some source mentions, and none mentions the name.
    case unlisted
    /// Headers declare it from this release on, yet no export table lists it: it may be a macro,
    /// or belong to user mode.
    case declaredOnly(since: Release)
  }

  /// Whether the release is known to export the name.
  public var isExported: Bool {
    if case .exported = self { true } else { false }
  }

  /// Whether the release is known not to export the name.
  public var isNotExported: Bool {
    switch self {
    case .notExported, .noModule: true
    case .exported, .unknown: false
    }
  }
}

extension Availability: CustomStringConvertible {
  public var description: String {
    switch self {
    case .exported(let evidence, let confidence):
      "exported (\(evidence); confidence \(confidence.rawValue))"
    case .notExported(_, _, let gap?):
      "not exported: withdrawn in \(gap.from), restored in \(gap.until)"
    case .notExported(let first?, let last?, nil): "exported only from \(first) to \(last)"
    case .notExported(let first?, nil, nil): "not exported before \(first)"
    case .notExported(nil, let last?, nil): "not exported after \(last)"
    case .notExported(nil, nil, nil): "never exported"
    case .noModule(_, _, let gap?):
      "the file was withdrawn in \(gap.from), restored in \(gap.until)"
    case .noModule(let first?, let last?, nil): "the file is there only from \(first) to \(last)"
    case .noModule(let first?, nil, nil): "the file is not there before \(first)"
    case .noModule(nil, let last?, nil): "the file is not there after \(last)"
    case .noModule(nil, nil, nil): "the file was never there"
    case .unknown(let reason): "unknown: \(reason)"
    }
  }
}

extension Availability.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noSuchPlatform(let platform): "the release does not run on \(platform.rawValue)"
    case .noTable(let platform): "no export table for \(platform.rawValue) covers the release"
    case .noTableForRelease(let release): "no export table of \(release) was found"
    case .undated(let source): "seen, but no source says since when (\(source))"
    case .moduleSeenOnlySince(let release):
      "the file was seen in \(release); earlier releases were not looked at"
    case .unlisted: "no source lists what the module exports but for some names"
    case .seenOnlySince(let release): "seen in \(release); earlier releases were not looked at"
    case .declaredOnly(let release): "declared since \(release), but in no export table"
    }
  }
}
