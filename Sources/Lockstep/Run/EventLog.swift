internal import GuestABI
internal import NTKernel
internal import NTStructures

/// What was seen of a run, in a form that is the same on two releases if the driver does the same.
struct EventLog {
  private(set) var events: [String] = []
  private var consumed = 0
  private var prints: [(step: Int, text: String)] = []

  /// The most events: a driver that makes events without end must not fill the host's memory.
  private static let capacity = 20_000

  mutating func add(_ event: String) {
    if events.count < Self.capacity { events.append(event) }
  }

  mutating func add(_ outcome: Outcome) {
    switch outcome {
    case .returned: break
    case .bugCheck(let bugCheck, _):
      // Which of these codes a fault becomes is the release's doing, not the driver's.
      let isFault = [0x0A, 0x1E, 0x3B, 0x50, 0x7E, 0x8E, 0xD1].contains(bugCheck.code.rawValue)
      add("stops with \(isFault ? "a fault" : "bug check \(hex(bugCheck.code.rawValue))")")
    case .unmodelled(let name, _): add("needs \(name), which is not modelled")
    case .budgetExhausted: add("uses up its instructions")
    case .deadlock: add("waits for something that never happens")
    }
  }

  /// Adds what a trace holds beyond what was added before.
  mutating func add(newEntriesOf trace: Trace) {
    for entry in trace.entries[consumed...] {
      switch entry.event {
      case .debugPrint(let text):
        prints.append((entry.step, text))
        let line = text.last?.isNewline == true ? String(text.dropLast()) : text
        add("prints \(Self.withoutAddresses(line))")
      case .deviceCreated(let name): add("makes the device \(name ?? "without a name")")
      case .symbolicLinkCreated(let name, let target): add("links \(name) to \(target)")
      case .unmapped(let mapping): add(Self.describe(mapping))
      case .driver(let act, let file): add(Self.describe(act, of: file))
      case .violation(let violation) where violation.rule != .accessOutsideBuffer:
        add("breaks the rule \(violation.rule.rawValue)")
      // What was accessed through a mapping is told when it is removed.
      case .mapped, .requestCompleted, .violation: break
      }
    }
    consumed = trace.entries.count
  }

  /// What became of a driver that another one needs.
  private static func describe(_ act: DriverAct, of file: String) -> String {
    switch act {
    case .loaded: "loads \(file)"
    case .notLoaded(let status): "cannot load \(file): \(status.name)"
    case .initialized(let status): "DllInitialize of \(file) returns \(status.name)"
    case .started(let status): "DriverEntry of \(file) returns \(status.name)"
    case .waitsToUnload: "\(file) is to unload when its devices are no longer in use"
    case .unloaded: "unloads \(file)"
    }
  }

  /// Whether a text was printed in a step.
  func printed(_ text: String, since step: Int) -> Bool {
    prints.contains { $0.step == step && $0.text.contains(text) }
  }

  /// What was done through a mapping, relative to the buffer.
  private static func describe(_ mapping: MDLMapping) -> String {
    let kind = mapping.mode == .kernel ? "kernel" : "user"
    guard let first = mapping.firstAccess else { return "maps an MDL for \(kind) mode" }
    let verb = first.access == .write ? "writes" : "reads"
    let offset = Int64(bitPattern: first.address.rawValue &- mapping.window.lowerBound.rawValue)
    return "maps an MDL for \(kind) mode and first \(verb) buffer\(offset < 0 ? "-" : "+")"
      + hex(offset.magnitude)
  }

  /// Replaces what looks like an address: hexadecimal numbers of at least eight digits.
  private static func withoutAddresses(_ text: String) -> String {
    var result = ""
    var run = ""
    for character in text + "\0" {
      if character.isHexDigit {
        run.append(character)
      } else {
        result += run.count >= 8 ? "<address>" : run
        run = ""
        result.append(character)
      }
    }
    return String(result.dropLast())
  }

  /// Returns a number that differs for different bytes: FNV-1a.
  static func digest(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

/// Returns a number in hexadecimal, as reports write it.
func hex(_ number: some BinaryInteger) -> String {
  "0x" + String(number, radix: 16, uppercase: true)
}
