/// A processor that some release of NT runs on.
public enum Platform: String, Hashable, Sendable, CaseIterable {
  case x86, x64, mips, alpha
  case powerPC = "ppc"
  case ia64, arm32, arm64

  /// The bytes of a pointer in the kernel.
  public var pointerSize: Int {
    switch self {
    case .x86, .mips, .alpha, .powerPC, .arm32: 4
    case .x64, .ia64, .arm64: 8
    }
  }
}

/// Where user addresses end and system addresses begin.
///
/// Source: the table of releases; each figure's own source is in ``AddressLimits/note``.
public struct AddressLimits: Hashable, Sendable {
  /// The bytes of a page.
  public let pageSize: Int

  /// The last address of user space.
  ///
  /// The corresponding kernel variable is `MmHighestUserAddress`.
  public let highestUserAddress: UInt64

  /// The first address that a probe refuses.
  ///
  /// The corresponding variable is `MmUserProbeAddress`.
  public let userProbeAddress: UInt64

  /// The first system address.
  ///
  /// The corresponding kernel variable is `MmSystemRangeStart`.
  public let systemRangeStart: UInt64

  /// How sure the figures are.
  public let confidence: Confidence

  /// How they were derived, where they were not read from a kernel or document.
  public let note: String
}

extension Release {
  /// The processors that the release runs on.
  public var platforms: [Platform] { Self.platforms[order] }

  /// Whether the release runs on a processor.
  public func runs(on platform: Platform) -> Bool { platforms.contains(platform) }

  private static let platforms = allCases.map { release in
    let names = FactTable.addressLimits.rows(release.id).map { $0[1] }
    return Platform.allCases.filter { names.contains($0.rawValue) }
  }

  /// Where user and system addresses end and begin.
  ///
  /// - Parameters:
  ///   - platform: The processor.
  ///   - largeUserSpace: Whether the machine was started with `/3GB`, which x86 releases know
  ///     since NT 4.0 SP3.
  /// - Returns: `nil` if the release does not run on the processor, or does not know `/3GB` there.
  public func addressLimits(
    for platform: Platform,
    largeUserSpace: Bool = false
  ) -> AddressLimits? {
    guard let row = FactTable.addressLimits.rows(id, platform.rawValue).first else { return nil }
    let first = largeUserSpace ? 6 : 3
    guard let pageSize = row.integer(2), let highest = row.number(first),
      let probe = row.number(first + 1), let system = row.number(first + 2)
    else { return nil }
    return AddressLimits(
      pageSize: pageSize,
      highestUserAddress: highest,
      userProbeAddress: probe,
      systemRangeStart: system,
      confidence: row.confidence(9),
      note: row.sharedText(10)
    )
  }
}
