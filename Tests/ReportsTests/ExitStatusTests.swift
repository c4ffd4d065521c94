import Findings
import NTReleases
import Reports
import Testing

@Suite struct ExitStatusTests {
  typealias Status = Reports.ExitStatus

  private func report(
    _ verdicts: [Verdict],
    findings: [Finding] = [],
    unmodelled: [String] = [],
    divergence: Divergence? = nil
  ) -> DriverReport {
    let driver = Synthetic.file("some.sys")
    let results = zip(Release.allCases, verdicts).map { release, verdict in
      ReleaseResult(
        release: release,
        runs: [
          Synthetic.run(
            driver,
            release,
            "x86",
            .literal,
            verdict,
            findings: findings,
            unmodelled: unmodelled
          )
        ]
      )
    }
    return DriverReport(
      driver: driver,
      architecture: "x86",
      results: results,
      divergence: divergence
    )
  }

  static let table: [([Verdict], Status)] = [
    ([.right, .right], .clean), ([.right, .wrong], .findings), ([.cannotLoad, .right], .findings),
    ([.inconclusive, .wrong], .findings), ([.right, .inconclusive], .inconclusive), ([], .clean),
  ]

  @Test(arguments: table)
  func `verdicts`(verdicts: [Verdict], status: Status) {
    #expect(Status(for: [report(verdicts)]) == status)
    #expect(Status(for: [report([.right]), report(verdicts)]) == status)
  }

  @Test func `disputed releases are findings`() {
    #expect(Status(for: [Synthetic.direct()]) == .findings)
  }

  @Test func `errors count, warnings do not`() {
    let error = Finding(.expectation, .error, "no")
    let warning = Finding(.leak, .warning, "left")
    #expect(Status(for: [report([.inconclusive], findings: [error])]) == .findings)
    #expect(Status(for: [report([.right], findings: [warning])]) == .clean)
  }

  @Test func `a divergence is a finding, and what is not modelled is inconclusive`() {
    let divergence = Divergence(
      before: .nt310,
      after: .nt350,
      index: 0,
      eventBefore: nil,
      eventAfter: "prints"
    )
    #expect(Status(for: [report([.right], divergence: divergence)]) == .findings)
    #expect(Status(for: [report([.right], unmodelled: ["KeMagic"])]) == .inconclusive)
  }

  @Test func `the numbers are those that scripts rely on`() {
    #expect(Status.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
  }
}
