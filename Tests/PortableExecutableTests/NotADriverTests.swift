import PortableExecutable
import Testing

@Suite struct NotADriverTests {
  @Test(
    arguments: [
      ([], .empty, "the file is empty"),
      ([0x4D], .notPortableExecutable, "not a PE image: no MZ header"),
      (Array("#include <ntddk.h>".utf8), .notPortableExecutable, "not a PE image: no MZ header"),
      ([0x7F, 0x45, 0x4C, 0x46], .notPortableExecutable, "not a PE image: no MZ header"),
      ([0x4D, 0x5A], .truncated, "the file ends at 0x2 inside the DOS header"),
    ] as [([UInt8], PortableExecutableError.Code, String)]
  )
  func `a file without headers is refused`(
    bytes: [UInt8],
    code: PortableExecutableError.Code,
    message: String
  ) {
    #expect(throws: PortableExecutableError(code, message)) { try Image(parsing: bytes) }
  }

  @Test(
    arguments: [
      (0x454E, "a 16-bit Windows or OS/2 image (NE header)"),
      (0x454C, "a Windows VxD or OS/2 image (LE header)"),
      (0x584C, "an OS/2 image (LX header)"),
      (0x1234, "an MZ header, but no PE header at 0x80"),
      (0x1_4550, "an MZ header, but no PE header at 0x80"),
    ] as [(UInt32, String)]
  )
  func `an older executable is named`(signature: UInt32, what: String) {
    let bytes = DriverFixture(.x86).bytes.patched(.signature, signature)
    #expect(throws: PortableExecutableError(.notPortableExecutable, "not a PE image: \(what)")) {
      try Image(parsing: bytes)
    }
  }

  @Test(
    arguments: [
      (0xAA64, "ARM64 (machine 0xAA64)"), (0x01C4, "ARM Thumb-2 (machine 0x1C4)"),
      (0x0200, "IA-64 (Itanium) (machine 0x200)"), (0x0184, "Alpha (machine 0x184)"),
      (0x0166, "MIPS R4000 (machine 0x166)"), (0x01F0, "PowerPC (machine 0x1F0)"),
      (0xBEEF, "an unknown machine (0xBEEF)"),
    ] as [(UInt32, String)]
  )
  func `another processor is named`(machine: UInt32, name: String) {
    let bytes = DriverFixture(.x64).bytes.patched(.machine, machine)
    let message = "built for \(name); Lockstep runs x86 and x64 drivers"
    #expect(throws: PortableExecutableError(.unsupportedMachine, message)) {
      try Image(parsing: bytes)
    }
  }

  @Test(
    arguments: [
      (3, .executable, "user-mode program (subsystem 3, Windows console)"),
      (2, [.executable, .library], "user-mode library (subsystem 2, Windows GUI)"),
      (11, .executable, "EFI image (subsystem 11, EFI boot service driver)"),
      (16, .executable, "program (subsystem 16, Windows boot application)"),
      (0, .executable, "program (subsystem 0, unknown)"),
      (99, .executable, "program (subsystem 99, unknown)"),
    ] as [(UInt32, ImageCharacteristics, String)]
  )
  func `a program is not a driver`(
    subsystem: UInt32,
    characteristics: ImageCharacteristics,
    kind: String
  ) {
    let bytes = DriverFixture(.x86).bytes
      .patched(.subsystem, subsystem)
      .patched(.characteristics, UInt32(characteristics.rawValue))
    #expect(throws: PortableExecutableError(.notDriver, "\(kind), not a driver")) {
      try Image(parsing: bytes)
    }
  }

  @Test func `an error prints as its message`() {
    #expect("\(PortableExecutableError(.empty, "the file is empty"))" == "the file is empty")
  }

  @Test(
    arguments: [
      (0x90, "the file ends at 0x90 inside the file header"),
      (0x60, "the file ends at 0x60, before the PE header at 0x80"),
      (0x100, "the file ends at 0x100 inside the optional header"),
      (0x178, "the file ends at 0x178, before the section headers at 0x178"),
      (0x180, "the file ends at 0x180 inside the section headers"),
      (0x300, "the file ends at 0x300 inside the headers (0x400 bytes)"),
      (0x610, "the file ends at 0x610 inside section \".rdata\""),
      (0x500, "the file ends at 0x500, before section \".rdata\" at 0x600"),
    ] as [(Int, String)]
  )
  func `a truncated file tells where it ends`(size: Int, message: String) {
    let bytes = Array(DriverFixture(.x86).bytes.prefix(size))
    #expect(throws: PortableExecutableError(.truncated, message)) { try Image(parsing: bytes) }
  }
}
