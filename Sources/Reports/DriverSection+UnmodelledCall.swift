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
}
