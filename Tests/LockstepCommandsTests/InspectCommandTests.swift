import NTReleases
import Reports
import Testing

@testable import LockstepCommands

@Suite struct InspectCommandTests {
  @Test func `the import that stops a release is named with its source`() throws {
    let names = ["MmMapLockedPages", "MmMapLockedPagesSpecifyCache"]
    let driver = try ImageBuilder(imports: [("ntoskrnl.exe", names)]).driver("cache.sys")
    let checks = try InspectCommand.checks([driver])
    #expect(InspectCommand.status(of: checks) == .findings)
    let text = checks.map(InspectCommand.text).joined()
    #expect(text.hasPrefix("cache.sys (x86): 2 imports from ntoskrnl.exe\n"))
    #expect(
      text.contains(
        """
          cannot load on nt310 … nt400sp3 (12 releases)
            MmMapLockedPagesSpecifyCache in ntoskrnl.exe: not exported before Windows NT 4.0 SP4
                source: Geoff Chappell: ntoskrnl/history/names40.htm;
        """
      )
    )
    #expect(
      text.contains(
        """
          loads on nt400sp4 … win10_22h2 (36 releases)
            all 2 imports are modelled
        """
      )
    )
  }

  @Test func `a driver that all releases can load`() throws {
    let driver = try ImageBuilder(
      machine: 0x8664,
      imports: [("ntoskrnl.exe", ["MmMapLockedPages"])]
    ).driver("plain.sys")
    let checks = try InspectCommand.checks([driver])
    #expect(InspectCommand.status(of: checks) == .clean)
    #expect(InspectCommand.text(checks[0]).contains("loads on ws03sp1 … win11_24h2 (28 releases)"))
  }

  @Test func `names that no release has`() throws {
    let driver = try ImageBuilder(imports: [("ntoskrnl.exe", ["LsNobodyHasThis"])]).driver(
      "odd.sys"
    )
    let text = try InspectCommand.checks([driver]).map(InspectCommand.text).joined()
    #expect(
      text.contains("LsNobodyHasThis in ntoskrnl.exe: not exported by any release that is known")
    )
    #expect(text.contains("not known for win10_20h2"))
  }

  @Test func `modules that nothing is known of make it inconclusive`() throws {
    let driver = try ImageBuilder(imports: [("SCSI.SYS", ["ScsiPortGet", "ScsiPortPut"])])
      .driver("disk.sys")
    let checks = try InspectCommand.checks([driver])
    #expect(InspectCommand.status(of: checks) == .inconclusive)
    let text = InspectCommand.text(checks[0])
    #expect(text.contains("not known for nt310 … win10_22h2 (48 releases)\n"))
    #expect(
      text.contains("    ScsiPortGet, ScsiPortPut in SCSI.SYS: nothing is known of it")
    )
  }

  @Test func `what is not modelled is counted and named`() throws {
    let driver = try ImageBuilder(
      imports: [
        ("ntoskrnl.exe", ["MmMapLockedPages", "PoSetHiberRange", "WmiGetClock"]),
        ("USBD.SYS", ["USBD_ParseDescriptors", "USBD_NobodyKnows"]),
      ]
    ).driver("some.sys")
    let text = try InspectCommand.checks([driver]).map(InspectCommand.text).joined()
    #expect(
      text.contains(
        "    2 of 5 imports are modelled; not PoSetHiberRange, WmiGetClock, USBD_NobodyKnows\n"
      )
    )
    #expect(text.contains("USBD_NobodyKnows in USBD.SYS: no source lists what the module exports"))
    #expect(text.contains("cannot load on nt310 … nt400sp6a"))
  }

  @Test func `drivers given together are looked up in each other`() throws {
    let client = try ImageBuilder(imports: [("Class.SYS", ["ClassInitialize"])]).driver("port.sys")
    let empty = try ImageBuilder().driver("class.sys")
    let text = try InspectCommand.checks([client, empty]).map(InspectCommand.text).joined()
    #expect(text.contains("ClassInitialize in Class.SYS: class.sys, as given, does not export it"))
  }
}
