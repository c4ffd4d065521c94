public import GuestABI

/// How an object is to be opened or made: `OBJ_…`.
public struct ObjectAttributeFlags: OptionSet, Hashable, Sendable, GuestScalar, GuestArgument {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Child processes inherit the handle: `OBJ_INHERIT`.
  public static var inherit: Self { Self(rawValue: 0x002) }
  /// The object keeps its name without handles: `OBJ_PERMANENT`.
  public static var permanent: Self { Self(rawValue: 0x010) }
  /// No other handle may be open: `OBJ_EXCLUSIVE`.
  public static var exclusive: Self { Self(rawValue: 0x020) }
  /// The name's case does not matter: `OBJ_CASE_INSENSITIVE`.
  public static var caseInsensitive: Self { Self(rawValue: 0x040) }
  /// An object that exists is opened: `OBJ_OPENIF`.
  public static var openIf: Self { Self(rawValue: 0x080) }
  /// A symbolic link is opened itself: `OBJ_OPENLINK`.
  public static var openLink: Self { Self(rawValue: 0x100) }
  /// Only kernel mode can use the handle: `OBJ_KERNEL_HANDLE`.
  public static var kernelHandle: Self { Self(rawValue: 0x200) }
  /// Access is checked in kernel mode as well: `OBJ_FORCE_ACCESS_CHECK`.
  public static var forceAccessCheck: Self { Self(rawValue: 0x400) }

  /// The attributes that change nothing here: names never depend on case, and there is one process.
  static var harmless: Self { [.inherit, .caseInsensitive, .kernelHandle] }
}
