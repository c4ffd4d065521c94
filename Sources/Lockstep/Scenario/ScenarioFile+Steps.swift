internal import NTStructures
internal import Yams

extension ScenarioFileReader {
  private static let actions =
    ["open", "read", "write", "control", "cancel", "cleanup", "close", "exit"] + deviceActions
    + ["unload"]

  /// The actions that take no value.
  private static let plainActions: [String: Scenario.Action] = [
    "cancel": .cancel, "cleanup": .cleanup, "close": .close, "exit": .exit, "unload": .unload,
  ]

  /// Reads the document.
  func steps(of root: Node) throws(ScenarioFileError) -> [Scenario.Step] {
    let fields = try fields(of: root, "a scenario", ["steps"])
    guard let list = fields["steps"] else { throw error(root, "a scenario needs 'steps'") }
    guard case .sequence(let nodes) = list else {
      throw error(list, "'steps' must be a list, not \(kind(of: list))")
    }
    if nodes.isEmpty { throw error(list, "'steps' is empty") }
    var steps: [Scenario.Step] = []
    for node in nodes {
      if steps.count == Scenario.maximumStepCount {
        throw error(node, "a scenario has at most \(Scenario.maximumStepCount) steps")
      }
      steps.append(try step(node))
    }
    return steps
  }

  private func step(_ node: Node) throws(ScenarioFileError) -> Scenario.Step {
    if case .scalar = node {
      let name = try text(node, "a step")
      guard Self.actions.contains(name) else {
        throw error(
          node,
          "unknown step '\(shortened(name))'\(suggestion(for: name, among: Self.actions))"
        )
      }
      return Scenario.Step(try action(name, nil, node), line: node.mark?.line)
    }
    let fields = try fields(of: node, "a step", Self.actions + ["process", "expect"])
    let names = Self.actions.filter { fields[$0] != nil }
    guard let name = names.first, let argument = fields[name] else {
      throw error(node, "a step needs an action: \(list(Self.actions, "or"))")
    }
    if names.count > 1 {
      let quoted = names.map { "'\($0)'" }
      throw error(node, "a step has one action, not \(list(quoted, "and"))")
    }
    let action = try action(name, argument, node)
    var expectation: Scenario.Expectation?
    if let node = fields["expect"] { expectation = try self.expectation(node) }
    var process = 1
    if let node = fields["process"] {
      process = Int(try number(node, "'process'", 1...UInt64(Scenario.maximumProcess)))
    }
    return Scenario.Step(
      action,
      process: process,
      expectation: expectation,
      line: node.mark?.line
    )
  }

  private func action(
    _ name: String,
    _ argument: Node?,
    _ step: Node
  ) throws(ScenarioFileError) -> Scenario.Action {
    let argument = argument.flatMap { isNothing($0) ? nil : $0 }
    switch name {
    case "open":
      guard let argument else { return .open(nil) }
      let device = try text(argument, "'open'")
      return .open(device == "all" || device.isEmpty ? nil : device)
    default: break
    }
    if let action = try deviceAction(name, argument, step) { return action }
    if let action = Self.plainActions[name] {
      if let argument { throw error(argument, "'\(name)' takes no value") }
      return action
    }
    guard let argument else {
      let example = name == "control" ? "{code: 0x222000}" : "{size: 16}"
      throw error(step, "'\(name)' needs a value, such as \(example)")
    }
    switch name {
    case "read": return .read(try buffer(argument, "'read'"))
    case "write": return .write(try buffer(argument, "'write'"))
    default: return try control(argument)
    }
  }

  private func control(_ node: Node) throws(ScenarioFileError) -> Scenario.Action {
    let fields = try fields(of: node, "'control'", ["code", "input", "output"])
    guard let code = fields["code"] else { throw error(node, "'control' needs 'code'") }
    let number = try number(code, "'code'", 0...UInt64(UInt32.max))
    var input: Scenario.Buffer?
    if let node = fields["input"] { input = try buffer(node, "'input'") }
    var output: Scenario.Buffer?
    if let node = fields["output"] { output = try buffer(node, "'output'") }
    return .control(code: UInt32(number), input: input, output: output)
  }

  private func buffer(_ node: Node, _ name: String) throws(ScenarioFileError) -> Scenario.Buffer {
    let fields = try fields(of: node, "a buffer", ["size", "offset", "content"], as: name)
    guard let size = fields["size"] else { throw error(node, "the buffer of \(name) needs 'size'") }
    let limit = UInt64(Scenario.maximumBufferSize)
    var buffer = Scenario.Buffer(size: Int(try number(size, "'size'", 0...limit)))
    if let offset = fields["offset"] {
      buffer.byteOffset = Int(try number(offset, "'offset'", 0...4095))
    }
    if let content = fields["content"] {
      buffer.content = try self.content(content, size: buffer.size)
    }
    return buffer
  }

  private func content(
    _ node: Node,
    size: Int
  ) throws(ScenarioFileError) -> Scenario.Buffer.Content {
    switch try text(node, "'content'") {
    case "zeros": return .zeros
    case "counting": return .counting(from: 1)
    default:
      let bytes = try bytes(node, "'content'", or: ", 'zeros' or 'counting'")
      guard bytes.count <= size else {
        throw error(node, "'content' has \(bytes.count) bytes, but the buffer only \(size)")
      }
      return .bytes(bytes)
    }
  }

  private func expectation(_ node: Node) throws(ScenarioFileError) -> Scenario.Expectation {
    let keys = ["status", "information", "output", "prints"]
    let fields = try fields(of: node, "'expect'", keys)
    if fields.isEmpty { throw error(node, "'expect' needs \(list(keys, "or"))") }
    var expectation = Scenario.Expectation()
    if let node = fields["status"] { expectation.status = try status(node) }
    if let node = fields["information"] {
      expectation.information = try number(node, "'information'", 0...UInt64.max)
    }
    if let node = fields["output"] { expectation.output = try bytes(node, "'output'") }
    if let node = fields["prints"] {
      let text = try text(node, "'prints'")
      if text.isEmpty { throw error(node, "'prints' is empty") }
      expectation.prints = text
    }
    return expectation
  }

  private func status(_ node: Node) throws(ScenarioFileError) -> NTStatus {
    let name = try text(node, "'status'")
    if let status = Self.statuses[name] { return status }
    if name.first?.isNumber == true || name.first == "-" {
      return NTStatus(UInt32(try number(node, "'status'", 0...UInt64(UInt32.max))))
    }
    let suggestion = suggestion(for: name, among: Self.statuses.keys.sorted(), isBrief: true)
    throw error(node, "unknown status '\(shortened(name))'\(suggestion)")
  }
}
