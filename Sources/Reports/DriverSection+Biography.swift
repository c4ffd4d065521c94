internal import Findings

extension DriverSection {
  /// What was done with the object of a finding, and what its MDL said of itself.
  func biography(of finding: Finding, _ indent: Int) -> [String] {
    let texts = finding.life.map { event in
      event.what.printable + (event.count > 1 ? " (\(event.count) times, last)" : "")
    }
    let width = texts.map(\.count).max() ?? 0
    let margin = String(repeating: " ", count: indent)
    var lines = zip(texts, finding.life).enumerated().map { index, act in
      let (text, event) = act
      let label = paint(.dim, (index == 0 ? "life" : "").padded(to: 6))
      return "\(margin)\(label)  \(text.padded(to: width))  \(place(of: event))"
    }
    guard let mdl = finding.mdl else { return lines }
    let flags = mdl.flags.isEmpty ? "none" : mdl.flags.joined(separator: " ").printable
    lines += labelled("mdl", "at \(hex(mdl.address)), flags \(flags)", indent)
    let pages = "\(counted(mdl.pageCount, "page")) from \(hex(mdl.startVA))"
    let bytes = "\(hex(mdl.byteCount)) bytes at byte offset \(hex(mdl.byteOffset)) of \(pages)"
    lines += labelled("", bytes, indent)
    let mapped = "MappedSystemVa \(hex(mdl.mappedSystemVA)), Process \(hex(mdl.process))"
    lines += labelled("", mapped, indent)
    let frames = mdl.frames.map { hex($0) }.joined(separator: " ")
    let rest = mdl.pageCount > mdl.frames.count ? " …" : ""
    return frames.isEmpty ? lines : lines + labelled("", "page frames \(frames)\(rest)", indent)
  }

  private func place(of event: LifeEvent) -> String {
    guard let module = event.module, let offset = event.offset else { return "by the system" }
    return place(module, offset)
  }
}
