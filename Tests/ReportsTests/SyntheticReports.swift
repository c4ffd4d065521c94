import Findings
import NTReleases

/// Reports as runs of the KB 199311 drivers make them, without running anything.
enum Synthetic {
  static let portableForm =
    "(PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl))"

  static func file(_ name: String) -> DriverFile {
    DriverFile(
      name: name,
      sha256: String(repeating: "ab", count: 32),
      path: "/home/someone/drivers/\(name)"
    )
  }

  /// 0x2345 bytes at byte offset 0x123 of three pages.
  static func picture(
    base: UInt64 = 0xE800_1000,
    returned: UInt64,
    used: UInt64,
    count: Int = 1,
    isWrite: Bool = false,
    expected: UInt64? = nil
  ) -> MDLPicture {
    MDLPicture(
      base: base,
      pageCount: 3,
      byteOffset: 0x123,
      byteCount: 0x2345,
      returned: base + returned,
      used: used > 0xFFFF ? used : base &+ used,
      usedByteCount: count,
      isWrite: isWrite,
      expected: expected ?? base + 0x123
    )
  }

  static let addedTwice = Finding(
    .offsetAddedTwice,
    .error,
    "reads 0xE8001246, which is 0x123 bytes too high: MmMapLockedPages returned 0xE8001123, "
      + "which includes the byte offset already",
    module: "legacy-x86.sys",
    offset: 0x1A2F,
    evidence: ["KB199311", "KD-001"],
    explanation:
      "From NT 4.0 SP4 on, MmMapLockedPages returns the address of the buffer; up to SP3 "
      + "it returned the start of the buffer's first page.",
    remedy: portableForm,
    picture: picture(returned: 0x123, used: 0x246)
  )

  static let notAdded = Finding(
    .offsetNotAdded,
    .error,
    "reads 0xE8001000, which is 0x123 bytes too low: the mapping's first page, not the buffer, is "
      + "what MmMapLockedPages returned",
    module: "direct-x86.sys",
    offset: 0x1B00,
    evidence: ["KB199311", "KD-001", "KD-002"],
    remedy: portableForm,
    picture: picture(returned: 0, used: 0)
  )

  static func run(
    _ driver: DriverFile,
    _ release: Release,
    _ architecture: String = "x86",
    _ reading: Reading = .literal,
    _ verdict: Verdict = .right,
    outcome: RunOutcome = .completed,
    findings: [Finding] = [],
    unmodelled: [String] = [],
    assumptions: [String] = []
  ) -> RunRecord {
    RunRecord(
      driver: driver,
      release: release,
      architecture: architecture,
      reading: reading,
      outcome: outcome,
      verdict: verdict,
      findings: findings,
      unmodelled: unmodelled,
      assumptions: assumptions,
      dependsOnReading: false,
      instructions: 1234,
      events: [],
      duration: 0.0125
    )
  }

  static func report(
    _ name: String,
    _ architecture: Platform = .x86,
    releases: [Release] = Release.allCases,
    divergence: Divergence? = nil,
    _ runs: (DriverFile, Release) -> [RunRecord]
  ) -> DriverReport {
    let driver = file(name)
    return DriverReport(
      driver: driver,
      architecture: architecture.rawValue,
      results: releases.filter { $0.runs(on: architecture) }
        .map { ReleaseResult(release: $0, runs: runs(driver, $0)) },
      divergence: divergence
    )
  }

  /// Adds the offset: right before NT 4.0 SP4, wrong from there on.
  static func legacy(_ releases: [Release] = Release.allCases) -> DriverReport {
    report(
      "legacy-x86.sys",
      releases: releases,
      divergence: Divergence(
        before: .nt400sp3,
        after: .nt400sp4,
        index: 7,
        eventBefore: "maps an MDL for user mode and first reads buffer+0x0",
        eventAfter: "maps an MDL for user mode and first reads buffer+0x123"
      )
    ) { driver, release in
      release < .nt400sp4
        ? [run(driver, release, assumptions: release < .w2k ? [assumption] : [])]
        : [
          run(
            driver,
            release,
            "x86",
            .literal,
            .wrong,
            findings: [addedTwice],
            assumptions: release < .w2k ? [assumption] : []
          )
        ]
    }
  }

  static let assumption =
    "structures but the MDL are laid out as in Windows 2000: no public symbols before it"

  /// Adds nothing, with KernelMode: disputed before NT 4.0 SP4.
  static func direct(_ releases: [Release] = Release.allCases) -> DriverReport {
    report("direct-x86.sys", releases: releases) { driver, release in
      release < .nt400sp4
        ? [
          run(driver, release, "x86", .literal, .wrong, findings: [notAdded]),
          run(driver, release, "x86", .consistent, .right),
        ]
        : [run(driver, release)]
    }
  }

  /// Needs MmMapLockedPagesSpecifyCache.
  static func specifyCache(_ releases: [Release] = Release.allCases) -> DriverReport {
    report("specify-cache-x86.sys", releases: releases) { driver, release in
      guard release < .nt400sp4 else { return [run(driver, release)] }
      let load = Finding(
        .cannotLoad,
        .error,
        "\(release.name) has no MmMapLockedPagesSpecifyCache in ntoskrnl.exe: exported from "
          + "Windows NT 4.0 SP4 (STATUS_DRIVER_ENTRYPOINT_NOT_FOUND)",
        module: "specify-cache-x86.sys",
        evidence: ["Geoff Chappell: ntoskrnl/history/names400.htm"]
      )
      return [
        run(driver, release, "x86", .literal, .cannotLoad, outcome: .loadFailed, findings: [load])
      ]
    }
  }

  /// Needs something that is not modelled.
  static func inconclusive(_ releases: [Release] = Release.allCases) -> DriverReport {
    report("odd-x64.sys", .x64, releases: releases) { driver, release in
      [
        run(
          driver,
          release,
          "x64",
          .literal,
          .inconclusive,
          outcome: .inconclusive,
          unmodelled: ["KeQueryMagic\u{1B}[31m"]
        )
      ]
    }
  }

  /// A driver that locks an MDL twice, with what was done with it before.
  static func lockedTwice() -> DriverReport {
    let file = file("twice-x86.sys")
    let finding = Finding(
      "mdl-lock-invalid",
      .error,
      "the MDL at 0x80010000 is locked already",
      module: file.name,
      offset: 0x1040,
      equivalents: ["0xC4/0xB0"],
      life: [
        LifeEvent("allocated", module: file.name, offset: 0x1010),
        LifeEvent("locked", module: nil, offset: nil, count: 2),
      ],
      mdl: MDLDescription(
        address: 0x8001_0000,
        flags: ["PAGES_LOCKED", "WRITE_OPERATION"],
        process: 0,
        mappedSystemVA: 0,
        startVA: 0x8100_0000,
        byteOffset: 0x123,
        byteCount: 0x2345,
        pageCount: 3,
        frames: [0x12, 0x34, 0x56]
      )
    )
    let run = run(file, .w2k, "x86", .literal, .wrong, findings: [finding])
    return DriverReport(
      driver: file,
      architecture: "x86",
      results: [ReleaseResult(release: .w2k, runs: [run])],
      divergence: nil
    )
  }
}
