import Lockstep
import NTKernel
import NTStructures
import Testing

let exampleScenario = #"""
  # Reads three pages, then sends the driver a code.
  steps:
    - open: \DosDevices\KB199311
    - read: {size: 0x2345, offset: 0x123}
      expect: {status: STATUS_SUCCESS, information: 0x2345, output: "03 0a 11", prints: "sum *?&"}
    - write: {size: 16, offset: 1, content: "01 02 03"}
    - write: {size: 4096, content: counting}
    - control:
        code: 0x222004
        input: {size: 4, content: 0a0B}
        output: {size: 64, offset: 4095, content: zeros}
      expect:
        status: 0xC0000010
    - cleanup
    - close:
      expect: {status: STATUS_SUCCESS}
    - unload

  """#

/// A file with a mistake, and the whole message.
private struct Mistake: CustomTestStringConvertible {
  var text: String
  var message: String
  var testDescription: String { message }

  init(_ text: String, _ message: String) {
    self.text = text
    self.message = message
  }

  /// A mistake in the second step, which is on line 3.
  init(step: String, _ message: String) {
    self.init("steps:\n  - open\n  - \(step)\n", "3: \(message)")
  }
}

private let actions =
  "open, read, write, control, cancel, cleanup, close, exit, add-device, start, query-stop, "
  + "cancel-stop, stop, query-remove, cancel-remove, surprise-removal, remove, query-power, power"
private let statusName = "STATUS_INVALID_PARAMETER"

private let mistakes = [
  Mistake("", "1: the file is empty; it needs 'steps'"),
  Mistake("# nothing\n", "1: the file is empty; it needs 'steps'"),
  Mistake("hello\n", "1: a scenario must be a mapping such as {steps: …}, not 'hello'"),
  Mistake("- open\n", "1: a scenario must be a mapping such as {steps: …}, not a list"),
  Mistake("{}\n", "1: a scenario needs 'steps'"),
  Mistake("\nstep: []\n", "2: unknown key 'step' in a scenario; did you mean 'steps'?"),
  Mistake("steps:\n", "1: 'steps' must be a list, not nothing"),
  Mistake("steps: {open: all}\n", "1: 'steps' must be a list, not a mapping"),
  Mistake("steps: []\n", "1: 'steps' is empty"),
  Mistake(
    "steps: [open]\nsteps: [close]\n",
    "1: key 'steps' appears more than once in its mapping"
  ),
  Mistake(step: "reed", "unknown step 'reed'; did you mean 'read'?"),
  Mistake(step: "explode", "unknown step 'explode'; known: \(actions), unload"),
  Mistake(step: "[open]", "a step must be a mapping such as {open: …}, not a list"),
  Mistake(step: "expect: {information: 1}", "a step needs an action: \(actions) or unload"),
  Mistake(step: "{read: {size: 1}, close: }", "a step has one action, not 'read' and 'close'"),
  Mistake(step: "{reads: {size: 1}}", "unknown key 'reads' in a step; did you mean 'read'?"),
  Mistake(step: "open: [a]", "'open' must be a single value, not a list"),
  Mistake(step: "close: now", "'close' takes no value"),
  Mistake(step: "cleanup: {size: 1}", "'cleanup' takes no value"),
  Mistake(step: "read", "'read' needs a value, such as {size: 16}"),
  Mistake(step: "control:", "'control' needs a value, such as {code: 0x222000}"),
  Mistake(step: "read: 16", "'read' must be a mapping such as {size: …}, not '16'"),
  Mistake(step: "read: {}", "the buffer of 'read' needs 'size'"),
  Mistake(step: "read: {ofset: 1}", "unknown key 'ofset' in a buffer; did you mean 'offset'?"),
  Mistake(
    step: "read: {color: 1}",
    "unknown key 'color' in a buffer; known: size, offset, content"
  ),
  Mistake(
    step: "read: {size: 1, size: 2}",
    "key 'size' appears more than once in its mapping"
  ),
  Mistake(step: "read: {size: big}", "'size' must be a number such as 16 or 0x10, not 'big'"),
  Mistake(step: "read: {size: 1e3}", "'size' must be a number such as 16 or 0x10, not '1e3'"),
  Mistake(step: "read: {size: 0x}", "'size' must be a number such as 16 or 0x10, not '0x'"),
  Mistake(step: "read: {size: }", "'size' must be a number such as 16 or 0x10, not nothing"),
  Mistake(step: "read: {size: [1]}", "'size' must be a single value, not a list"),
  Mistake(step: "read: {size: -1}", "'size' is -1, but must be 0 to 16777216 (0x1000000)"),
  Mistake(
    step: "read: {size: 0x1000001}",
    "'size' is 0x1000001, but must be 0 to 16777216 (0x1000000)"
  ),
  Mistake(
    step: "read: {size: 99999999999999999999}",
    "'size' is 99999999999999999999, but must be 0 to 16777216 (0x1000000)"
  ),
  Mistake(
    step: "read: {size: 1, offset: 4096}",
    "'offset' is 4096, but must be 0 to 4095 (0xfff)"
  ),
  Mistake(
    step: "write: {size: 1, content: xyz}",
    "'content' must be bytes such as \"03 0a 11\", 'zeros' or 'counting', not 'xyz'"
  ),
  Mistake(
    step: "write: {size: 1, content: 123}",
    "'content' must be bytes such as \"03 0a 11\", 'zeros' or 'counting', not '123'"
  ),
  Mistake(
    step: "write: {size: 1, content: 01 02}",
    "'content' has 2 bytes, but the buffer only 1"
  ),
  Mistake(step: "control: {input: {size: 1}}", "'control' needs 'code'"),
  Mistake(
    step: "control: {code: 0x100000000}",
    "'code' is 0x100000000, but must be 0 to 4294967295 (0xffffffff)"
  ),
  Mistake(
    step: "control: {code: 1, input: 4}",
    "'input' must be a mapping such as {size: …}, not '4'"
  ),
  Mistake(
    step: "control: {code: 1, output: }",
    "'output' must be a mapping such as {size: …}, not nothing"
  ),
  Mistake(step: "control: {code: 1, output: {offset: 1}}", "the buffer of 'output' needs 'size'"),
  Mistake(
    step: "control: {code: 1, inputs: 4}",
    "unknown key 'inputs' in 'control'; did you mean 'input'?"
  ),
  Mistake(
    step: "{close: , expect: ok}",
    "'expect' must be a mapping such as {status: …}, not 'ok'"
  ),
  Mistake(
    step: "{close: , expect: {}}",
    "'expect' needs status, information, output or prints"
  ),
  Mistake(
    step: "{close: , expect: {state: 1}}",
    "unknown key 'state' in 'expect'; did you mean 'status'?"
  ),
  Mistake(
    step: "{close: , expect: {status: STATUS_INVALID_PARAMETRE}}",
    "unknown status 'STATUS_INVALID_PARAMETRE'; did you mean '\(statusName)'?"
  ),
  Mistake(
    step: "{close: , expect: {status: fine}}",
    "unknown status 'fine'; give its number"
  ),
  Mistake(
    step: "{close: , expect: {status: -1}}",
    "'status' is -1, but must be 0 to 4294967295 (0xffffffff)"
  ),
  Mistake(
    step: "{close: , expect: {information: x}}",
    "'information' must be a number such as 16 or 0x10, not 'x'"
  ),
  Mistake(
    step: "{close: , expect: {output: 0g}}",
    "'output' must be bytes such as \"03 0a 11\", not '0g'"
  ),
  Mistake(
    step: "{close: , expect: {output: \"\"}}",
    "'output' must be bytes such as \"03 0a 11\", not nothing"
  ),
  Mistake(step: "{close: , expect: {prints: \"\"}}", "'prints' is empty"),
  Mistake(
    step: "{close: , expect: {prints: {}}}",
    "'prints' must be a single value, not a mapping"
  ),
  Mistake(step: "start: now", "'start' takes no value"),
  Mistake(step: "power", "'power' needs a value, such as S3 or D0"),
  Mistake(step: "power: S6", "'power' must be S0 to S5 or D0 to D3, not 'S6'"),
  Mistake(step: "query-power: D4", "'query-power' must be S0 to S5 or D0 to D3, not 'D4'"),
  Mistake(step: "add-device: {bus: isa}", "unknown bus 'isa'; known: root, pci, usb"),
  Mistake(
    step: "add-device: {ids: 'A\\B\\C'}",
    "'ids' has 'A\\B\\C', which is no identifier"
  ),
  Mistake(step: "add-device: {resources: 1}", "'resources' must be a list, not '1'"),
  Mistake(step: "add-device: {resources: [{port: 1}]}", "the resource needs 'count'"),
  Mistake(
    step: "add-device: {resources: [{port: 0xFFFF, count: 2}]}",
    "the ports end behind 0xFFFF"
  ),
  Mistake(
    step: "add-device: {resources: [{size: 1}]}",
    "a resource needs 'port', 'memory' or 'interrupt'"
  ),
  Mistake(step: "? read", "keys that begin with '? ' are not supported"),
  Mistake(step: "read: *a", "aliases are not supported: write the value out"),
  Mistake(
    step: "open: &a x",
    "anchors are not supported: write the value out where it is used"
  ),
  Mistake(
    step: "read: &a {size: 1}",
    "anchors are not supported: write the value out where it is used"
  ),
  Mistake(step: "open: !!int 5", "tags are not supported: 'tag:yaml.org,2002:int'"),
  Mistake(step: "open: !thing x", "tags are not supported: '!thing'"),
  Mistake(
    "steps:\n  - open\n---\nsteps: []\n",
    "3: another document begins here; a scenario is one document"
  ),
  Mistake("steps:\n\t- open\n", "2: a tab indents the line; YAML is indented with spaces"),
  Mistake("steps:\n  - open: \u{1}\n", "2: the line has a character that is not text: U+0001"),
  Mistake("steps:\r\n  - \u{E000}\r\n", "2: the line has a character that is not text: U+E000"),
  Mistake("steps: \(String(repeating: "[", count: 33))", "1: the line has too many brackets"),
  Mistake(
    "steps:\n  - open: [\n",
    "3: not YAML: while parsing a flow node, did not find expected node content"
  ),
  Mistake(
    "steps:\n  - open: 'x\n",
    "3: not YAML: while scanning a quoted scalar, found unexpected end of stream"
  ),
  Mistake(
    String(repeating: "#", count: Scenario.maximumFileSize + 1),
    "1: the file has 1048577 bytes; at most 1048576 are read"
  ),
]

@Suite struct ScenarioFileTests {
  @Test func `every kind of step is read`() throws {
    let scenario = try Scenario(yaml: exampleScenario, fileName: "example.yaml")
    var read = Scenario.Expectation()
    read.status = .success
    read.information = 0x2345
    read.output = [3, 0x0A, 0x11]
    read.prints = "sum *?&"
    var refused = Scenario.Expectation()
    refused.status = .invalidDeviceRequest
    var closed = Scenario.Expectation()
    closed.status = .success
    let few = Scenario.Buffer(size: 16, byteOffset: 1, content: .bytes([1, 2, 3]))
    let input = Scenario.Buffer(size: 4, content: .bytes([0x0A, 0x0B]))
    let output = Scenario.Buffer(size: 64, byteOffset: 4095)
    let steps: [Scenario.Step] = [
      .init(.open(#"\DosDevices\KB199311"#), line: 3),
      .init(.read(.init(size: 0x2345, byteOffset: 0x123)), expectation: read, line: 4),
      .init(.write(few), line: 6),
      .init(.write(.init(size: 4096, content: .counting(from: 1))), line: 7),
      .init(
        .control(code: 0x222004, input: input, output: output),
        expectation: refused,
        line: 8
      ),
      .init(.cleanup, line: 14),
      .init(.close, expectation: closed, line: 15),
      .init(.unload, line: 17),
    ]
    #expect(scenario.steps == steps)
  }

  @Test func `a step says which process does it`() throws {
    let text = "steps:\n- open\n- {open: , process: 8}\n- cancel\n- {exit: , process: 2}\n"
    let scenario = try Scenario(yaml: text, fileName: "")
    #expect(scenario.steps.map(\.process) == [1, 8, 1, 2])
    #expect(scenario.steps.map(\.action) == [.open(nil), .open(nil), .cancel, .exit])
    let error = #expect(throws: ScenarioFileError.self) {
      try Scenario(yaml: "steps:\n- {open: , process: 9}\n", fileName: "s.yaml")
    }
    #expect(error?.description == "s.yaml:2: 'process' is 9, but must be 1 to 8 (0x8)")
  }

  @Test(arguments: ["open", "open:", "open: all", "open: ~", "open: 'all'", "{open: }"])
  func `every device is opened`(step: String) throws {
    let scenario = try Scenario(yaml: "steps:\n- \(step)\n", fileName: "")
    #expect(scenario.steps == [Scenario.Step(.open(nil), line: 2)])
  }

  @Test func `devices come with their identifiers and resources`() throws {
    let text = """
      steps:
      - add-device:
      - add-device:
          bus: pci
          ids: ['PCI\\VEN_80EE&DEV_CAFE', 'PCI\\VEN_80EE']
          compatible-ids: 'PCI\\CC_0880'
          resources:
          - {port: 0xD000, count: 32}
          - {memory: 0xF0000000, size: 0x400000}
          - {interrupt: 9, shared: true}
      - start
      - query-power: S3
      - power: D0
      - surprise-removal
      """
    let steps = try Scenario(yaml: text, fileName: "").steps.map(\.action)
    var device = ReportedDevice(bus: .pci)
    device.hardwareIDs = [#"PCI\VEN_80EE&DEV_CAFE"#, #"PCI\VEN_80EE"#]
    device.compatibleIDs = [#"PCI\CC_0880"#]
    device.resources = [
      .ports(start: 0xD000, count: 32), .memory(start: 0xF000_0000, byteCount: 0x40_0000),
      .interrupt(line: 9, isShared: true),
    ]
    #expect(
      steps == [
        .addDevice(nil), .addDevice(device), .tell(.start),
        .power(.system(4), isQuery: true), .power(.device(1), isQuery: false),
        .tell(.surpriseRemoval),
      ]
    )
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `lines may end in any way, and a byte order mark is no text`(end: String) throws {
    let text = "\u{FEFF}steps:\n- open\n- close".split(separator: "\n").joined(separator: end)
    let scenario = try Scenario(yaml: text, fileName: "")
    #expect(scenario.steps.map(\.line) == [2, 3])
  }

  @Test(arguments: mistakes)
  private func `a mistake is named with its line`(mistake: Mistake) {
    let error = #expect(throws: ScenarioFileError.self) {
      try Scenario(yaml: mistake.text, fileName: "s.yaml")
    }
    #expect(error?.description == "s.yaml:\(mistake.message)")
  }

  @Test func `bytes that are not UTF-8 are named with their line`() throws {
    let good = Array("steps:\n- open\n".utf8)
    #expect(try Scenario(yaml: good, fileName: "").steps.count == 1)
    let error = #expect(throws: ScenarioFileError.self) {
      try Scenario(yaml: good + [0x2D, 0x20, 0xFF, 0x0A], fileName: "s.yaml")
    }
    #expect(error?.description == "s.yaml:3: the line is not UTF-8")
  }

  @Test func `there are not too many steps`() throws {
    let most = "steps:\n" + String(repeating: "- open\n", count: Scenario.maximumStepCount)
    #expect(try Scenario(yaml: most, fileName: "").steps.count == Scenario.maximumStepCount)
    let error = #expect(throws: ScenarioFileError.self) {
      try Scenario(yaml: most + "- open\n", fileName: "s.yaml")
    }
    #expect(error?.description == "s.yaml:10002: a scenario has at most 10000 steps")
  }
}
