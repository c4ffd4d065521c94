/// The environment that an image is for.
///
/// Kernel drivers are `native`, and ``Image`` refuses all others. NT's own loader of drivers does
/// not look; but a program given in place of a driver deserves a clear answer.
public enum Subsystem: UInt16, CaseIterable, Hashable, Sendable {
  /// No subsystem; the corresponding C constant is `IMAGE_SUBSYSTEM_UNKNOWN`.
  case unknown = 0

  /// Drivers and native processes; the corresponding C constant is `IMAGE_SUBSYSTEM_NATIVE`.
  case native = 1

  /// Windows programs with windows.
  case windowsGUI = 2

  /// Windows programs in the console.
  case windowsConsole = 3

  /// OS/2 programs.
  case os2Console = 5

  /// POSIX programs.
  case posixConsole = 7

  /// Drivers of Windows 95 and 98 in the native format.
  case nativeWindows9x = 8

  /// Windows CE programs.
  case windowsCE = 9

  /// EFI applications.
  case efiApplication = 10

  /// EFI drivers with boot services.
  case efiBootServiceDriver = 11

  /// EFI drivers with run-time services.
  case efiRuntimeDriver = 12

  /// EFI images in ROM.
  case efiROM = 13

  /// Xbox programs.
  case xbox = 14

  /// Programs that run before Windows starts.
  case bootApplication = 16
}

extension Subsystem: CustomStringConvertible {
  /// The name of the subsystem (Microsoft PE/COFF specification, "Windows Subsystem").
  public var description: String {
    switch self {
    case .unknown: "unknown"
    case .native: "native"
    case .windowsGUI: "Windows GUI"
    case .windowsConsole: "Windows console"
    case .os2Console: "OS/2 console"
    case .posixConsole: "POSIX console"
    case .nativeWindows9x: "native Windows 9x"
    case .windowsCE: "Windows CE"
    case .efiApplication: "EFI application"
    case .efiBootServiceDriver: "EFI boot service driver"
    case .efiRuntimeDriver: "EFI runtime driver"
    case .efiROM: "EFI ROM"
    case .xbox: "Xbox"
    case .bootApplication: "Windows boot application"
    }
  }
}

extension Subsystem {
  /// Reads the optional header's `Subsystem` field, and refuses what is not a driver.
  init(reading rawValue: UInt16, isLibrary: Bool) throws(PortableExecutableError) {
    let subsystem = Self(rawValue: rawValue)
    guard subsystem == .native else {
      let program = isLibrary ? "library" : "program"
      let kind =
        switch subsystem {
        case .windowsGUI, .windowsConsole, .os2Console, .posixConsole: "user-mode \(program)"
        case .efiApplication, .efiBootServiceDriver, .efiRuntimeDriver, .efiROM: "EFI image"
        default: program
        }
      throw PortableExecutableError(
        .notDriver,
        "\(kind) (subsystem \(rawValue), \(subsystem ?? .unknown)), not a driver"
      )
    }
    self = .native
  }
}
