/// What differs from release to release in how objects are named and opened.
public struct ObjectBehaviour: Sendable {
  /// Which directory holds the names that Win32 programs open.
  public enum DOSDevices: Sendable {
    /// `\DosDevices` is the directory, and `\??` is not modelled: NT 3.1 to 3.51.
    case directory
    /// `\??` is the directory, and `\DosDevices` a link to it: NT 4.0 and 2000.
    case questionMarks
    /// `\GLOBAL??` is the directory, which a thread of the system reaches as `\??`, and
    /// `\DosDevices` a link to `\??`: since XP.
    case global
  }

  /// Which directory holds the names that Win32 programs open.
  public var dosDevices: DOSDevices

  /// The attributes that may be asked for: the DDK's `OBJ_VALID_ATTRIBUTES`.
  ///
  /// Others fail with `STATUS_INVALID_PARAMETER`.
  public var validAttributes: ObjectAttributeFlags

  /// Whether closing the handle -1 succeeds, as ReactOS's `ObHandle` test sees it on Windows 10.
  public var closesCurrentProcessHandle: Bool

  /// Creates a behaviour; the values that are not given are those of Windows XP to 8.1.
  public init(
    dosDevices: DOSDevices = .global,
    validAttributes: ObjectAttributeFlags = ObjectAttributeFlags(rawValue: 0x7F2),
    closesCurrentProcessHandle: Bool = false
  ) {
    self.dosDevices = dosDevices
    self.validAttributes = validAttributes
    self.closesCurrentProcessHandle = closesCurrentProcessHandle
  }

  /// The root's directories.
  var directories: [String] {
    let common = [
      "Device", "Driver", "FileSystem", "BaseNamedObjects", "ObjectTypes", "Callback",
    ]
    switch dosDevices {
    case .directory: return common + ["DosDevices"]
    case .questionMarks: return common + ["??"]
    case .global: return common + ["GLOBAL??"]
    }
  }

  /// The root's symbolic links, with where they lead.
  var links: [(name: String, target: String)] {
    switch dosDevices {
    case .directory: []
    case .questionMarks: [("DosDevices", "\\??")]
    // \?? is no link but the caller's own directory before the global one. The system's is global.
    case .global: [("??", "\\GLOBAL??"), ("DosDevices", "\\??")]
    }
  }
}
