/// Flags of a whole image, from its file header.
///
/// Source: Microsoft PE/COFF specification, "Characteristics".
public struct ImageCharacteristics: OptionSet, Hashable, Sendable {
  /// The flags as the file header has them.
  public let rawValue: UInt16

  /// Creates the flags from the file header's field.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The linker removed the base relocations (`IMAGE_FILE_RELOCS_STRIPPED`).
  public static let relocationsStripped = Self(rawValue: 0x0001)

  /// The linker had no errors (`IMAGE_FILE_EXECUTABLE_IMAGE`).
  public static let executable = Self(rawValue: 0x0002)

  /// COFF line numbers were removed (`IMAGE_FILE_LINE_NUMS_STRIPPED`).
  public static let lineNumbersStripped = Self(rawValue: 0x0004)

  /// COFF symbols of local names were removed (`IMAGE_FILE_LOCAL_SYMS_STRIPPED`).
  public static let localSymbolsStripped = Self(rawValue: 0x0008)

  /// Addresses above 2 GB are understood (`IMAGE_FILE_LARGE_ADDRESS_AWARE`).
  public static let largeAddressAware = Self(rawValue: 0x0020)

  /// The machine has 32-bit words (`IMAGE_FILE_32BIT_MACHINE`).
  public static let words32Bit = Self(rawValue: 0x0100)

  /// Debug information was moved to a file of its own (`IMAGE_FILE_DEBUG_STRIPPED`).
  public static let debugInformationStripped = Self(rawValue: 0x0200)

  /// The image is a system file (`IMAGE_FILE_SYSTEM`).
  public static let systemFile = Self(rawValue: 0x1000)

  /// The image is a dynamic-link library (`IMAGE_FILE_DLL`).
  public static let library = Self(rawValue: 0x2000)

  /// The image must run on one processor (`IMAGE_FILE_UP_SYSTEM_ONLY`).
  public static let uniprocessorOnly = Self(rawValue: 0x4000)
}

/// Flags of a whole image, from its optional header.
///
/// Source: Microsoft PE/COFF specification, "DLL Characteristics".
public struct DLLCharacteristics: OptionSet, Hashable, Sendable {
  /// The flags as the optional header has them.
  public let rawValue: UInt16

  /// Creates the flags from the optional header's field.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The image may be loaded anywhere in 64 bits (`HIGH_ENTROPY_VA`).
  public static let highEntropyAddresses = Self(rawValue: 0x0020)

  /// The image may be moved when it is loaded (`DYNAMIC_BASE`).
  public static let dynamicBase = Self(rawValue: 0x0040)

  /// The image's signature must be checked (`FORCE_INTEGRITY`).
  public static let forceIntegrity = Self(rawValue: 0x0080)

  /// The image runs with no-execute protection (`NX_COMPAT`).
  public static let noExecuteCompatible = Self(rawValue: 0x0100)

  /// The image is a WDM driver (`WDM_DRIVER`).
  public static let wdmDriver = Self(rawValue: 0x2000)

  /// The image has control-flow guard tables (`GUARD_CF`).
  public static let controlFlowGuard = Self(rawValue: 0x4000)
}
