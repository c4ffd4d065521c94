import Findings
import NTReleases
import Testing

@testable import Reports

@Suite struct TextReportTests {
  private let symbols: SymbolLookup = { path, offset in
    path == "/home/someone/drivers/legacy-x86.sys" && offset == 0x1A2F
      ? SourceLocation(function: "Sum", file: "kb199311.c", line: 54) : nil
  }

  /// What stands below the matrix and its legend.
  private func explanations(_ reports: [DriverReport], symbols: SymbolLookup? = nil) -> String {
    let text = TextReport(symbols: symbols).render(reports)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.drop { !$0.hasPrefix("===") }.joined(separator: "\n")
  }

  @Test func `a driver that is wrong`() {
    #expect(
      explanations([Synthetic.legacy()], symbols: symbols) == """
        === legacy-x86.sys (x86) ===========================================================================

        WRONG on nt400sp4 … win10_22h2 (36 releases)
          mdl-offset-added-twice: reads 0xE8001246, which is 0x123 bytes too high: MmMapLockedPages returned
          0xE8001123, which includes the byte offset already
          at      legacy-x86.sys+0x1A2F Sum (kb199311.c:54)

                     0xE8001000         0xE8002000         0xE8003000         0xE8004000
              pages  |..################|##################|#####.............|
           returned     ^ 0xE8001123  first page + 0x123
          should be     ^ 0xE8001123  the buffer's first byte
               used       X 0xE8001246  reads 1 byte, buffer + 0x123
                     # the buffer: 0x2345 bytes at byte offset 0x123 of 3 pages

          why     From NT 4.0 SP4 on, MmMapLockedPages returns the address of the buffer; up to SP3 it
                  returned the start of the buffer's first page.
          source  KB199311, KD-001
          write   (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl))

        First divergence: nt400sp3 and nt400sp4 part at event 7
          nt400sp3  maps an MDL for user mode and first reads buffer+0x0
          nt400sp4  maps an MDL for user mode and first reads buffer+0x123

        Summary
          legacy-x86.sys (x86): right on 12, WRONG on 36 of 48 releases

        Taken for granted, without a public source
          * structures but the MDL are laid out as in Windows 2000: no public symbols before it: nt310 …
            nt400sp6a (16 releases)

        """
    )
  }

  @Test func `a disputed driver has both readings, verdicts and sources`() {
    #expect(
      explanations([Synthetic.direct()]) == """
        === direct-x86.sys (x86) ===========================================================================

        disputed on nt310 … nt400sp3 (12 releases)
          The documents contradict each other (KD-002), and the verdict depends on which one is believed.
          --reading literal or --reading consistent fixes one.

          Reading literal, by KB199311: before NT 4.0 SP4, MmMapLockedPages returns the page base in both
          modes:
            WRONG
              mdl-offset-not-added: reads 0xE8001000, which is 0x123 bytes too low: the mapping's first
              page, not the buffer, is what MmMapLockedPages returned
              at      direct-x86.sys+0x1B00

                         0xE8001000         0xE8002000         0xE8003000         0xE8004000
                  pages  |..################|##################|#####.............|
               returned   ^ 0xE8001000  the first page's start, without the byte offset
              should be     ^ 0xE8001123  the buffer's first byte
                   used   X 0xE8001000  reads 1 byte, buffer - 0x123
                         # the buffer: 0x2345 bytes at byte offset 0x123 of 3 pages

              source  KB199311, KD-001, KD-002
              write   (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl))

          Reading consistent, by the June 1998 DDK page of MmGetSystemAddressForMdl (KD-002): with
          KernelMode the address includes the byte offset already then:
            right

        Summary
          direct-x86.sys (x86): right on 36, disputed on 12 of 48 releases

        """
    )
  }

  @Test func `a driver that cannot be loaded is explained once`() {
    #expect(
      explanations([Synthetic.specifyCache()]) == """
        === specify-cache-x86.sys (x86) ====================================================================

        cannot load on nt310 … nt400sp3 (12 releases)
          cannot-load: Windows NT 3.1 has no MmMapLockedPagesSpecifyCache in ntoskrnl.exe: exported from
          Windows NT 4.0 SP4 (STATUS_DRIVER_ENTRYPOINT_NOT_FOUND) (as on nt310)
          source  Geoff Chappell: ntoskrnl/history/names400.htm

        Summary
          specify-cache-x86.sys (x86): right on 36, cannot load on 12 of 48 releases

        """
    )
  }

  @Test func `what is not modelled is named, and cannot move the cursor`() {
    let text = explanations([Synthetic.inconclusive()])
    #expect(text.contains("inconclusive on ws03sp1 … win11_24h2 (28 releases)\n"))
    #expect(
      text.contains("needs   what is not modelled, and not guessed: KeQueryMagic\\u{1B}[31m\n")
    )
    #expect(!text.contains("\u{1B}"))
  }

  @Test func `addresses of releases do not part them`() {
    let driver = Synthetic.report("moving.sys", releases: [.w2k, .wxp, .vista]) { driver, release in
      let base = 0xE800_1000 + UInt64(release.build) << 12
      let picture = Synthetic.picture(base: base, returned: 0x123, used: base + 0x246)
      let address = "0x" + String(base, radix: 16, uppercase: true)
      let finding = Finding(
        .offsetAddedTwice,
        .error,
        "reads \(address), on \(release.name) as \(release.id)",
        picture: picture
      )
      return [Synthetic.run(driver, release, "x86", .literal, .wrong, findings: [finding])]
    }
    let text = explanations([driver])
    #expect(text.contains("WRONG on w2k … vista (3 releases)\n"))
    #expect(text.contains("(as on w2k)"))
    #expect(text.split(separator: "mdl-offset-added-twice").count == 2)
  }

  @Test func `other findings have a line each, with their releases`() {
    let driver = Synthetic.report("two.sys", releases: [.w2k, .wxp]) { driver, release in
      let stop = Finding(.bugCheck, .error, "the system stops with 0x50", module: "two.sys")
      let findings = [Synthetic.addedTwice] + (release == .wxp ? [stop] : [])
      return [Synthetic.run(driver, release, "x86", .literal, .wrong, findings: findings)]
    }
    let text = explanations([driver])
    #expect(text.contains("WRONG on w2k, wxp (2 releases)\n"))
    #expect(text.contains("  also    error bug-check: the system stops with 0x50, on wxp\n"))
  }

  @Test func `the same mistake in another place is not explained again`() {
    let again = Finding(
      .offsetAddedTwice,
      .error,
      "writes 0xE8002246, which is 0x123 bytes too high",
      module: "again.sys",
      offset: 0x1300,
      picture: Synthetic.picture(base: 0xE800_2000, returned: 0x123, used: 0x246)
    )
    let driver = Synthetic.report("again.sys", releases: [.w2k, .wxp]) { driver, release in
      let findings = [Synthetic.addedTwice, again]
      return [Synthetic.run(driver, release, "x86", .literal, .wrong, findings: findings)]
    }
    #expect(explanations([driver]).contains("  also    the same, at again.sys+0x1300\n"))
  }

  @Test func `warnings of a driver that is right are told`() {
    let driver = Synthetic.report("leaky.sys", releases: [.w2k, .wxp]) { driver, release in
      let leak = Finding(.leak, .warning, "a mapping is left", module: "leaky.sys")
      return [Synthetic.run(driver, release, findings: [leak])]
    }
    #expect(explanations([driver]).contains("\nwarning leak: a mapping is left\n"))
  }

  @Test func `a budget that is used up`() {
    let driver = Synthetic.report("loop.sys", releases: [.w2k]) { driver, release in
      [Synthetic.run(driver, release, "x86", .literal, .inconclusive, outcome: .budgetExhausted)]
    }
    let text = explanations([driver])
    #expect(text.contains("the budget was used up after 1234 instructions; --budget raises it"))
  }

  @Test func `a driver that is right has only its summary`() {
    let driver = Synthetic.report("fine.sys", releases: [.w2k]) { [Synthetic.run($0, $1)] }
    let text = TextReport(showsTiming: true).render([driver])
    #expect(!text.contains("==="))
    #expect(text.hasSuffix("Summary\n  fine.sys (x86): right on 1 of 1 release, 13 ms\n"))
  }

  @Test func `what was done with an object is told in order, and what its MDL said`() {
    let text = TextReport().render([Synthetic.lockedTwice()])
    let life = """
        life    allocated               twice-x86.sys+0x1010
                locked (2 times, last)  by the system
        mdl     at 0x80010000, flags PAGES_LOCKED WRITE_OPERATION
                0x2345 bytes at byte offset 0x123 of 3 pages from 0x81000000
                MappedSystemVa 0x0, Process 0x0
                page frames 0x12 0x34 0x56
        search  0xC4/0xB0
      """
    #expect(text.contains(life), "\(text)")
  }
}
