import Findings
import NTReleases
import Testing

@testable import Reports

/// What reports say of failures that were injected.
@Suite struct InjectionReportTests {
  private static func injected(
    _ result: InjectionResult,
    _ number: Int = 1,
    all: Bool = false
  ) -> InjectedRun {
    InjectedRun(
      routine: "ExAllocatePool",
      caller: .init(module: "some.sys", offset: 0x1029),
      step: 2,
      number: number,
      failsFromThere: all,
      failure: "returns NULL",
      result: result,
      detail: result == .graceful ? "" : "it happens at 0x81002340",
      place: result == .graceful ? nil : .init(module: "some.sys", offset: 0x102C)
    )
  }

  private func report(
    _ summaries: [InjectionSummary],
    _ verdict: Verdict = .right
  ) -> DriverReport {
    let driver = Synthetic.file("some.sys")
    return DriverReport(
      driver: driver,
      architecture: "x86",
      results: zip(Release.allCases, summaries).map { release, summary in
        var run = Synthetic.run(driver, release, "x86", .literal, verdict)
        run.injections = summary
        return ReleaseResult(release: release, runs: [run])
      },
      divergence: nil
    )
  }

  private func status(_ results: InjectionResult...) -> Reports.ExitStatus {
    ExitStatus(
      for: [report([InjectionSummary(runs: results.map { Self.injected($0) }, leftOut: 0)])]
    )
  }

  @Test func `the exit status tells the worst`() {
    #expect(status(.graceful) == .clean)
    #expect(status() == .clean)
    #expect(status(.graceful, .inconclusive) == .inconclusive)
    for bad in [InjectionResult.crash, .wrong, .leak] {
      #expect(status(.graceful, .inconclusive, bad) == .findings)
    }
  }

  @Test func `the worst stands first, and what is the same on releases is told once`() {
    let runs = [
      Self.injected(.leak), Self.injected(.graceful, 2), Self.injected(.crash, 3, all: true),
    ]
    let text = TextReport(width: 100).render([
      report([
        InjectionSummary(runs: runs, leftOut: 1), InjectionSummary(runs: runs, leftOut: 0),
      ])
    ])
    #expect(
      text.contains(
        """
        Injected failures, 2 releases: 2 crash, 2 leak, 2 graceful; 1 not tried
          crash: every call from ExAllocatePool on fails
            at      some.sys+0x1029
            then    it happens at 0x*, at some.sys+0x102C
            on      nt310, nt310sp3 (2 releases)
          leak: ExAllocatePool returns NULL
            at      some.sys+0x1029
            then    it happens at 0x*, at some.sys+0x102C
            on      nt310, nt310sp3 (2 releases)

        """
      )
    )
  }

  @Test func `a driver that fails by itself is told of as such`() {
    let refusal = "DriverEntry returns STATUS_UNSUCCESSFUL when nothing fails"
    let summary = InjectionSummary(runs: [], leftOut: 3, refusal: refusal)
    let text = TextReport(width: 100).render([report([summary])])
    #expect(text.contains("No failures injected on nt310:\n  why     \(refusal)\n"))
    #expect(!text.contains("Injected failures"))
  }

  @Test func `records have the runs, and nothing new without them`() {
    let summary = InjectionSummary(
      runs: [Self.injected(.graceful), Self.injected(.leak)],
      leftOut: 4
    )
    let json = JSONReport().render([report([summary])])
    #expect(
      json.contains(
        #""injections":{"refusal":null,"leftOut":4,"runs":[{"routine":"ExAllocatePool","#
          + #""caller":{"module":"some.sys","offset":4137},"step":2,"call":1,"allFromThere":false,"#
          + #""failure":"returns NULL","result":"graceful","detail":null,"place":null},"#
      )
    )
    let plain = Synthetic.direct([.nt400sp3])
    #expect(!JSONReport().render([plain]).contains("injections"))
  }
}
