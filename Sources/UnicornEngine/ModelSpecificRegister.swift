/// What is known of the processor's model-specific registers (Intel SDM, volume 4).
enum ModelSpecificRegister {
  /// Returns what a register holds when the machine starts, or nil if there is no such register.
  static func initialValue(of number: UInt32, isX64: Bool) -> UInt64? {
    switch number {
    // The machine-check address and type of a Pentium; the platform's number; the microcode's, which
    // is 0 before any is loaded.
    case 0x00, 0x01, 0x17, 0x8B: 0
    // The local APIC's base: the boot processor's, enabled.
    case 0x1B: 0xFEE0_0900
    // What the memory type range registers can do: ten variable ranges, fixed ranges, write combining.
    case 0xFE: 0xD0A
    // How SYSENTER enters the system.
    case 0x174...0x176: 0
    // No bank reports machine checks.
    case 0x179, 0x17A: 0
    // Strings are moved fast.
    case 0x1A0: 1
    case 0x1D9: 0
    // Variable ranges, of which none is used.
    case 0x200...0x213: 0
    // Fixed ranges: memory below 640 KB is written back, what is above is not cached.
    case 0x250, 0x258: 0x0606_0606_0606_0606
    case 0x259, 0x268...0x26F: 0
    // The page attribute table as NT sets it up.
    case 0x277: 0x0007_0106_0007_0106
    // Ranges are on, and everything else is written back.
    case 0x2FF: 0xC06
    // How SYSCALL enters the system, and what SWAPGS brings.
    case 0xC000_0081...0xC000_0084 where isX64: 0
    case 0xC000_0102 where isX64: 0
    // The number of the processor.
    case 0xC000_0103: 0
    default: nil
    }
  }

  /// Whether a register holds what is written to it, and nothing in the machine depends on it.
  static func holdsWhatIsWritten(_ number: UInt32) -> Bool {
    switch number {
    case 0x00, 0x01, 0x8B, 0x174...0x176, 0x17A, 0x1D9, 0x200...0x213: true
    case 0xC000_0081...0xC000_0084, 0xC000_0102, 0xC000_0103: true
    default: false
    }
  }
}
