internal import Findings

extension DriverSection {
  /// The most calls that a report in text names.
  private static var mostCalls: Int { 6 }

  /// The arguments of a call that could not be carried out, and the calls that led there.
  func lines(for call: UnmodelledCall, _ indent: Int) -> [String] {
    var lines: [String] = []
    if let routine = call.routine?.printable {
      let words = call.arguments.map { hex($0) }.joined(separator: ", ")
      lines += labelled("in", "\(routine) (\(words))", indent)
    }
    if !call.stack.isEmpty {
      let places = call.stack.prefix(Self.mostCalls).map { place($0.module, $0.offset) }
      lines += labelled("from", places.joined(separator: ", "), indent)
    }
    return lines
  }

  /// The routines that a run went on from, with what they were made to return.
  func lines(forPassed calls: [PassedCall], _ indent: Int) -> [String] {
    guard !calls.isEmpty else { return [] }
    var order: [String] = []
    var counts: [String: Int] = [:]
    for call in calls {
      let text = "\(call.routine.printable) \(call.result)"
      if counts[text] == nil { order.append(text) }
      counts[text, default: 0] += 1
    }
    var texts = order.prefix(Self.mostCalls).map { text in
      let count = counts[text] ?? 1
      return count == 1 ? text : "\(text) (\(count) times)"
    }
    if order.count > texts.count { texts.append("\(order.count - texts.count) more") }
    let text = "\(counted(calls.count, "gap")), by what the headers say that it returns: "
    return labelled("passed", text + texts.joined(separator: ", "), indent)
  }
}
