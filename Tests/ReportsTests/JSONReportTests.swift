import Findings
import NTReleases
import Testing

@testable import Reports

@Suite struct JSONReportTests {
  @Test func `records have every member, in order`() {
    let report = Synthetic.direct([.nt400sp3, .nt400sp4])
    let digest = String(repeating: "ab", count: 32)
    let driver = #""driver":{"name":"direct-x86.sys","sha256":"\#(digest)"}"#
    let empty = #""findings":[],"unmodelled":[],"assumptions":[],"instructions":1234"#
    let finding = [
      #"{"rule":"mdl-offset-not-added","severity":"error","message":"reads 0xE8001000, which is "#,
      #"0x123 bytes too low: the mapping's first page, not the buffer, is what MmMapLockedPages "#,
      #"returned","module":"direct-x86.sys","offset":6912,"evidence":["KB199311","KD-001","#,
      #""KD-002"],"explanation":null,"remedy":"\#(Synthetic.portableForm)","#,
      #""equivalents":[],"life":[],"mdl":null}"#,
    ].joined()
    #expect(
      JSONReport().render([report]) == """
        [
        {"schema":"lockstep-run/1",\(driver),"release":"nt400sp3","architecture":"x86",\
        "reading":"literal","outcome":"completed","verdict":"disputed","verdictUnderReading":"wrong",\
        "findings":[\(finding)],"unmodelled":[],"assumptions":[],"instructions":1234},
        {"schema":"lockstep-run/1",\(driver),"release":"nt400sp3","architecture":"x86",\
        "reading":"consistent","outcome":"completed","verdict":"disputed",\
        "verdictUnderReading":"right",\(empty)},
        {"schema":"lockstep-run/1",\(driver),"release":"nt400sp4","architecture":"x86",\
        "reading":"literal","outcome":"completed","verdict":"right",\(empty)}
        ]

        """
    )
  }

  @Test func `what was done with an object is told, and what its MDL said`() {
    let text = JSONReport().render([Synthetic.lockedTwice()])
    #expect(text.contains(#""equivalents":["0xC4/0xB0"]"#))
    #expect(
      text.contains(
        #""life":[{"what":"allocated","module":"twice-x86.sys","offset":4112,"count":1},"#
          + #"{"what":"locked","module":null,"offset":null,"count":2}]"#
      )
    )
    #expect(
      text.contains(
        #""mdl":{"address":2147549184,"flags":["PAGES_LOCKED","WRITE_OPERATION"],"process":0,"#
          + #""mappedSystemVa":0,"startVa":2164260864,"byteOffset":291,"byteCount":9029,"pages":3,"#
          + #""frames":[18,52,86]}"#
      )
    )
  }

  @Test func `a divergence is with the release that parts`() {
    let text = JSONReport().render([Synthetic.legacy([.nt400sp3, .nt400sp4, .w2k])])
    let records = text.split(separator: "\n").filter { $0.hasPrefix("{") }
    #expect(
      records.map { $0.contains(#""divergence":{"before":"nt400sp3""#) } == [false, true, false]
    )
  }

  @Test func `neither paths nor times are told, unless times are asked for`() {
    let report = Synthetic.legacy()
    let text = JSONReport().render([report])
    #expect(!text.contains("/home") && !text.contains("duration") && !text.contains("kb199311.c"))
    #expect(text == JSONReport().render([Synthetic.legacy()]))
    let timed = JSONReport(showsTiming: true).render([report])
    #expect(timed.contains(#","duration":0.012500}"#))
  }

  @Test func `a record for each release and reading`() {
    let text = JSONReport().render([Synthetic.direct(), Synthetic.inconclusive()])
    #expect(text.split(separator: "\n").count == 2 + 12 * 2 + 36 + 28)
    #expect(JSONReport().render([]) == "[]\n")
  }

  @Test func `text from drivers is escaped`() {
    #expect(JSONValue.string("a\"b\\c\n\u{1B}[0m\u{202E}é").text == #""a\"b\\c\n\u001b[0m\u202eé""#)
    #expect(JSONValue.string("\u{E0001}").text == #""\udb40\udc01""#)
    #expect(
      JSONValue.object([("b", .null), ("a", .array([.integer(-1)]))]).text
        == #"{"b":null,"a":[-1]}"#
    )
  }
}
