import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct DebugTests {
  @Test(arguments: Architecture.allCases)
  func `DbgPrint passes its text on`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let name = try fixture.unicode("\\Device\\é")
    let status = try fixture.status(
      "DbgPrint",
      fixture.string("%wZ: %d of %I64d at %p\n"),
      name,
      Int32(-1),
      Int64(5_000_000_000),
      VirtualAddress(rawValue: 0xF00)
    )
    #expect(status == .success)
    let zeros = architecture == .x86 ? "00000" : "0000000000000"
    #expect(fixture.messages.lines == ["\\Device\\é: -1 of 5000000000 at \(zeros)F00\n"])
  }

  @Test(arguments: Architecture.allCases)
  func `other routines print the same`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let format = try fixture.string("%u!")
    let list = try fixture.bytes([7, 0, 0, 0, 0, 0, 0, 0])
    try fixture.call("DbgPrintEx", UInt32(77), UInt32(3), format, UInt32(7))
    try fixture.call("vDbgPrintEx", UInt32(77), UInt32(3), format, list)
    try fixture.call(
      "vDbgPrintExWithPrefix",
      fixture.string("p: "),
      UInt32(77),
      UInt32(3),
      format,
      list
    )
    #expect(fixture.messages.lines == ["7!", "7!", "p: 7!"])
  }

  @Test(arguments: Architecture.allCases)
  func `a call transmits 512 bytes`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let text = String(repeating: "0123456789", count: 60)
    try fixture.call("DbgPrint", fixture.string("%s"), fixture.string(text))
    #expect(fixture.messages.lines == [String(text.prefix(512))])
  }

  @Test(arguments: Architecture.allCases)
  func `memory that cannot be read is told apart`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let format = try fixture.string("%s")
    #expect(throws: Unmodelled.self) {
      try fixture.call("DbgPrint", format, VirtualAddress(rawValue: 0x1000))
    }
    #expect(throws: GuestFault(at: fixture.end, access: .read)) {
      try fixture.call("DbgPrint", format, fixture.end)
    }
    #expect(fixture.messages.lines.isEmpty)
  }

  @Test(arguments: Architecture.allCases)
  func `a failed assertion is shown and then not guessed at`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    #expect(throws: Unmodelled.self) {
      try fixture.call(
        "RtlAssert",
        fixture.string("Irp != NULL"),
        fixture.string("driver.c"),
        UInt32(42),
        VirtualAddress.null
      )
    }
    #expect(
      fixture.messages.lines
        == ["\n*** Assertion failed: Irp != NULL\n***   Source File: driver.c, line 42\n\n"]
    )
  }

  @Test(arguments: Architecture.allCases)
  func `a break raises its exception`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    #expect(throws: RaisedStatus(.breakpoint)) { try fixture.call("DbgBreakPoint") }
    #expect(throws: RaisedStatus(.breakpoint)) {
      try fixture.call("DbgBreakPointWithStatus", UInt32(1))
    }
  }
}
