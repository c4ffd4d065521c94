/// A release of the NT kernel: a version with a service pack.
///
/// Releases are ordered by code line, not by date: Windows XP SP3 stands before Windows Server 2003,
/// which branched from XP, although it is the younger of the two.
public struct Release: Hashable, Sendable {
  /// The place in the order of code lines, from 0 for NT 3.1.
  let order: Int

  init(order: Int) { self.order = order }
}

extension Release: Comparable {
  public static func < (first: Self, second: Self) -> Bool { first.order < second.order }
}

extension Release: CaseIterable {
  public static let allCases: [Release] = (0..<count).map(Release.init(order:))
}

extension Release: Identifiable {
  /// The short name that the command line and the tables use, such as `nt400sp3`.
  public var id: String { record.id }
}

extension Release: CustomStringConvertible {
  public var description: String { name }
}

extension Release {
  /// The name that people use, such as "Windows NT 4.0 SP3".
  public var name: String { record.name }

  /// The name of the server product with this kernel, where it has its own.
  public var serverName: String? { record.serverName }

  /// The first part of the version, such as 6 for Windows 7.
  public var majorVersion: Int { record.major }

  /// The second part of the version, such as 1 for Windows 7.
  ///
  /// For NT 3.1 it is 10.
  public var minorVersion: Int { record.minor }

  /// The build of the product, such as 1381.
  public var build: Int { record.build }

  /// The service pack in words, such as "Service Pack 3", or an empty string.
  ///
  /// The corresponding field is `szCSDVersion`. NT 4.0 SP6a calls itself "Service Pack 6".
  public var csdVersion: String { record.csdVersion }

  /// The service pack's number.
  ///
  /// The corresponding field is `wServicePackMajor`.
  public var servicePack: Int { record.servicePack }

  /// The day or month of the release, in ISO 8601: "1997-05" or "1999-11-30".
  public var releaseDate: String { record.releaseDate }

  /// The version of the kernel's file, where it is known.
  ///
  /// For NT 3.5 and 3.51 it differs from the product's build.
  public var kernelFileVersion: String? { record.kernelFileVersion }

  /// The value of the kernel variable `NtBuildNumber`.
  public func ntBuildNumber(checked: Bool = false) -> UInt32 {
    (checked ? 0xC000_0000 : 0xF000_0000) | UInt32(build)
  }

  /// What is worth knowing besides.
  public var notes: String { record.notes }

  /// Where the release's facts were learned.
  public var source: String { record.source }

  /// The release in front of this one in the order of code lines.
  public var predecessor: Release? { order > 0 ? Release(order: order - 1) : nil }
}

extension Release {
  /// What a kernel caller learns about the version.
  public struct ReportedVersion: Hashable, Sendable {
    public let majorVersion: Int
    public let minorVersion: Int
    public let build: Int
    public let csdVersion: String
  }

  /// What `PsGetVersion` reports, or `nil` where the kernel does not export it (before NT 4.0).
  ///
  /// It returns `TRUE` on a checked build.
  public var psGetVersion: ReportedVersion? {
    record.exported.contains("PsGetVersion") ? reportedVersion : nil
  }

  /// What `RtlGetVersion` reports, or `nil` where the kernel does not export it (before XP).
  ///
  /// Its `dwPlatformId` is 2.
  public var rtlGetVersion: ReportedVersion? {
    record.exported.contains("RtlGetVersion") ? reportedVersion : nil
  }

  /// Whether the kernel exports the variable `NtBuildNumber` (from NT 3.51).
  public var exportsNtBuildNumber: Bool { record.exported.contains("NtBuildNumber") }

  /// Whether `MmHighestUserAddress`, `MmUserProbeAddress` and `MmSystemRangeStart` are exported
  /// variables (from NT 4.0 SP3), or constants that drivers were compiled with.
  public var exportsAddressLimits: Bool { record.exported.contains("MmUserProbeAddress") }

  private var reportedVersion: ReportedVersion {
    ReportedVersion(
      majorVersion: majorVersion,
      minorVersion: minorVersion,
      build: build,
      csdVersion: csdVersion
    )
  }
}
