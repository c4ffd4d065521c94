extension Image {
  /// A processor that drivers are built for.
  public enum Machine: UInt16, CaseIterable, Hashable, Sendable {
    /// 32-bit x86; the corresponding C constant is `IMAGE_FILE_MACHINE_I386`.
    case i386 = 0x014C

    /// 64-bit x86; the corresponding C constant is `IMAGE_FILE_MACHINE_AMD64`.
    case amd64 = 0x8664

    /// The number of bytes in a pointer.
    public var pointerSize: Int {
      switch self {
      case .i386: 4
      case .amd64: 8
      }
    }
  }
}

extension Image.Machine {
  /// Reads the file header's `Machine` field.
  init(reading rawValue: UInt16) throws(PortableExecutableError) {
    guard let machine = Self(rawValue: rawValue) else {
      let name = Self.others[rawValue]
      throw PortableExecutableError(
        .unsupportedMachine,
        name.map { "built for \($0) (machine \(hex(rawValue))); \(Self.hint)" }
          ?? "built for an unknown machine (\(hex(rawValue))); \(Self.hint)"
      )
    }
    self = machine
  }

  private static let hint = "Lockstep runs x86 and x64 drivers"

  /// Names of other machines (Microsoft PE/COFF specification, "Machine Types"; `winnt.h`).
  private static let others: [UInt16: String] = [
    0x014D: "Intel i860", 0x0160: "MIPS R3000, big-endian", 0x0162: "MIPS R3000",
    0x0166: "MIPS R4000", 0x0168: "MIPS R10000", 0x0169: "MIPS WCE v2", 0x0184: "Alpha",
    0x01A2: "Hitachi SH3", 0x01A6: "Hitachi SH4", 0x01C0: "ARM", 0x01C2: "ARM Thumb",
    0x01C4: "ARM Thumb-2", 0x01F0: "PowerPC", 0x01F1: "PowerPC with floating point",
    0x01F2: "PowerPC, big-endian", 0x0200: "IA-64 (Itanium)", 0x0284: "64-bit Alpha",
    0x0EBC: "EFI byte code", 0x5032: "32-bit RISC-V", 0x5064: "64-bit RISC-V",
    0x6232: "32-bit LoongArch", 0x6264: "64-bit LoongArch", 0xA641: "ARM64EC",
    0xA64E: "ARM64X", 0xAA64: "ARM64",
  ]
}
