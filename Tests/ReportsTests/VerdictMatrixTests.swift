import Findings
import NTReleases
import Testing

@testable import Reports

@Suite struct VerdictMatrixTests {
  private func matrix(_ reports: [DriverReport], width: Int = 100) -> String {
    VerdictMatrix(reports).lines(width: width, paint: Paint(isOn: false)).joined(separator: "\n")
  }

  @Test func `54 releases fit, and equal neighbours share a column`() {
    let reports = [
      Synthetic.legacy(), Synthetic.direct(), Synthetic.specifyCache(), Synthetic.inconclusive(),
    ]
    #expect(
      matrix(reports) == """
                                     nt310 …      nt400sp4 …  ws03sp1 …     ws2022 …
                                     nt400sp3     ws03        win10_22h2    win11_24h2
        driver                 arch  (12)         (14)        (22)          (6)
        legacy-x86.sys         x86   right        WRONG       WRONG         -
        direct-x86.sys         x86   disputed     right       right         -
        specify-cache-x86.sys  x86   cannot load  right       right         -
        odd-x64.sys            x64   -            -           inconclusive  inconclusive

          right         it did nothing wrong there
          WRONG         it broke a rule there, as explained below
          disputed      right or wrong by how contradictory documents are read (KD-002)
          cannot load   the release cannot load it
          inconclusive  it needed something that is not modelled, or did not finish
          -             the release never ran on that architecture

        """
    )
  }

  @Test func `columns account for every release`() {
    let matrix = VerdictMatrix([Synthetic.legacy(), Synthetic.inconclusive()])
    #expect(matrix.columns.flatMap(\.releases) == Release.allCases)
  }

  @Test func `up to 8 releases have a column each`() {
    let releases: [Release] = [.nt310, .nt400sp3, .nt400sp4, .w2k]
    #expect(
      matrix([Synthetic.legacy(releases)]) == """
        driver          arch  nt310  nt400sp3  nt400sp4  w2k
        legacy-x86.sys  x86   right  right     WRONG     WRONG

          right  it did nothing wrong there
          WRONG  it broke a rule there, as explained below

        """
    )
    #expect(VerdictMatrix([Synthetic.legacy(Array(Release.allCases[..<9]))]).columns.count == 1)
  }

  @Test func `what does not fit in words is in marks with a key`() {
    #expect(
      matrix([Synthetic.legacy(), Synthetic.inconclusive()], width: 60) == """
        driver          arch  a b c d
        legacy-x86.sys  x86   . W W -
        odd-x64.sys     x64   - - ? ?

          .  it did nothing wrong there
          W  it broke a rule there, as explained below
          ?  it needed something that is not modelled, or did not finish
          -  the release never ran on that architecture

          a  nt310 … nt400sp3 (12 releases)
          b  nt400sp4 … ws03 (14 releases)
          c  ws03sp1 … win10_22h2 (22 releases)
          d  ws2022 … win11_24h2 (6 releases)

        """
    )
  }

  @Test func `ranges are joined among the releases that were asked for`() {
    let all: [Release] = [.nt310, .nt350, .nt400, .w2k, .wxp, .vista]
    #expect(
      ReleaseRanges([.nt310, .nt350, .nt400], among: all).text == "nt310 … nt400 (3 releases)"
    )
    #expect(ReleaseRanges([.nt310, .nt350, .wxp], among: all).names == "nt310, nt350, wxp")
    #expect(ReleaseRanges([.wxp], among: all).text == "wxp")
  }

  @Test func `colour is only there when asked for`() {
    let report = [Synthetic.legacy([.nt400sp3, .nt400sp4])]
    #expect(!TextReport().render(report).contains("\u{1B}"))
    let colourful = TextReport(usesColour: true).render(report)
    #expect(colourful.contains("\u{1B}[1;31mWRONG\u{1B}[0m"))
    var plain = colourful
    for code in ["0", "1", "2", "1;31", "32"] {
      plain = plain.split(separator: "\u{1B}[\(code)m", omittingEmptySubsequences: false).joined()
    }
    #expect(plain == TextReport().render(report))
  }
}
