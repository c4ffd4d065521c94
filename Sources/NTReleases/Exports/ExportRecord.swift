/// A module that drivers import kernel routines from.
public struct ExportModule: RawRepresentable, Hashable, Sendable {
  /// How the tables name the module: `kernel`, `hal`, or its file's name in lower case.
  public let rawValue: String

  /// The kernel.
  public static let kernel = Self(fileName: "kernel")

  /// The hardware abstraction layer.
  public static let hal = Self(fileName: "hal")

  init(fileName: String) { rawValue = fileName }

  /// The module that the tables name so, if they do.
  public init?(rawValue: String) {
    let isKnown =
      rawValue == Self.kernel.rawValue || rawValue == Self.hal.rawValue
      || ModuleFacts(fileName: rawValue) != nil
    guard isKnown else { return nil }
    self.init(fileName: rawValue)
  }

  /// The module that a driver's import names, such as "NTOSKRNL.EXE", if anything is known of it.
  ///
  /// The kernel has four files for as many kinds of machine; drivers import from `ntoskrnl.exe`.
  public init?(dll: String) {
    switch dll.lowercased() {
    case "ntoskrnl.exe", "ntkrnlmp.exe", "ntkrnlpa.exe", "ntkrpamp.exe": self = .kernel
    case "hal.dll": self = .hal
    default:
      guard let facts = ModuleFacts(fileName: dll) else { return nil }
      self = facts.module
    }
  }

  /// The module that a forwarder of another one names without its ending, such as "NTOSKRNL".
  public init?(forwarder: String) {
    for ending in [".exe", ".dll", ".sys"] {
      guard let module = Self(dll: forwarder + ending) else { continue }
      self = module
      return
    }
    return nil
  }

  /// The name of the module's file.
  public var fileName: String {
    switch self {
    case .kernel: "ntoskrnl.exe"
    case .hal: "hal.dll"
    default: rawValue
    }
  }
}

/// What is known of one name that the kernel or the HAL exports.
///
/// Source: Geoff Chappell's tables of exports by version and service pack, checked against import
/// libraries and header guards; ``ExportRecord/source`` says which.
public struct ExportRecord: Hashable, Sendable {
  /// A routine or a variable.
  public enum Kind: String, Hashable, Sendable {
    case function, data
  }

  /// How x86 callers pass arguments.
  public enum Convention: String, Hashable, Sendable {
    case stdcall, fastcall
    case cdecl = "cdecl/data"
  }

  /// The exported name.
  public let name: String

  /// The module that exports it.
  public let module: ExportModule

  /// A routine or a variable.
  public let kind: Kind

  /// The first release that exports the name, where it is known.
  public let first: Release?

  /// Whether ``first`` only bounds the first release: the name was seen there, and earlier
  /// releases were not looked at.
  public let firstIsUpperBound: Bool

  /// The last release that exports the name, or `nil` if it is still exported.
  public let last: Release?

  /// The releases in between that do not export it.
  public let gap: Gap?

  /// The processors on which it is exported.
  ///
  /// Empty if no source says.
  public let spans: [Span]

  /// From when on the HAL only passes the name on to the kernel.
  public let forwards: [Forward]

  /// How x86 callers pass arguments; `nil` where no import library with the name was seen.
  public let convention: Convention?

  /// The bytes of arguments that an x86 callee takes from the stack (or, for `fastcall`, the size
  /// of all its parameters); `nil` where no decorated name was seen.
  public let argumentBytes: Int?

  /// The release whose headers first declare the name, by the guards of WDK 10.0.22621.
  public let headerGuard: String?

  /// How sure the releases are.
  public let confidence: Confidence

  /// Where the releases were learned.
  public let source: String

  /// What else the source says.
  public let note: String
}

extension ExportRecord {
  /// Releases that withdrew a name, before a later one brought it back.
  public struct Gap: Hashable, Sendable {
    /// The first release without the name.
    public let from: Release
    /// The first release that has it again.
    public let until: Release

    func contains(_ release: Release) -> Bool { from <= release && release < until }
  }

  /// One processor on which a name is exported.
  public struct Span: Hashable, Sendable {
    public let platform: Platform
    /// The first release on this processor, where it is later than the record's.
    public let first: Release?
    /// The last release on this processor, where it is earlier than the record's.
    public let last: Release?
  }

  /// From when on a name of the HAL leads to the kernel.
  public struct Forward: Hashable, Sendable {
    public let platform: Platform
    public let first: Release
    /// The kernel's name for it, which may differ.
    public let target: String
  }

  /// The name in an x86 import library, such as `_MmMapLockedPages@8`.
  public var decoratedName: String? {
    switch (convention, argumentBytes) {
    case (.stdcall, let bytes?): "_\(name)@\(bytes)"
    case (.fastcall, let bytes?): "@\(name)@\(bytes)"
    case (.cdecl, _): "_\(name)"
    default: nil
    }
  }

  /// Where the HAL of a release passes the name on to, if it does.
  public func forward(in release: Release, on platform: Platform) -> Forward? {
    forwards.last { $0.platform == platform && $0.first <= release }
  }
}
