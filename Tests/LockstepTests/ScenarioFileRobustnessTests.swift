import Lockstep
import Testing

/// A file that is small to write and large to read.
private struct HostileFile: CustomTestStringConvertible {
  var text: String
  var testDescription: String { "\(text.prefix(12).debugDescription), \(text.utf8.count) bytes" }
}

private let hostileFiles = [

  String(repeating: "[\n", count: 500_000), String(repeating: "- ", count: 500_000),
  String(repeating: "{a: \n", count: 200_000), String(repeating: "? ", count: 500_000),
  "a: &a [x,x]\n" + (0..<60).map { "b\($0): &b\($0) [*a, *a]\n" }.joined(),
  "steps: [" + String(repeating: "a,\n", count: 300_000) + "]",
  String(repeating: "[[[[[[[[a]]]]]]]]: b\n", count: 40_000),
  "%YAML 9.9\n---\nsteps: []", "%TAG ! x\n", "steps: \"\\uD800\"", "\u{0}", "---\n...\n---\n",
].map(HostileFile.init)

@Suite struct ScenarioFileRobustnessTests {
  @Test(arguments: hostileFiles)
  private func `files that expand or nest end in an error`(file: HostileFile) {
    #expect(throws: ScenarioFileError.self) { try Scenario(yaml: file.text, fileName: "") }
  }

  @Test func `changed files are read or refused`() {
    var generator = SplitMix(state: 199_311)
    let pieces =
      ["\n", " ", "\t", "- ", ": ", "{", "}", "[", "]", ",", "'", "\"", "#", "|", ">", "?"]
      + [
        "&a", "*a", "!!x", "%", "@", "`", "-1", "0x", "\u{FF}", "\\", "---\n", "steps:", "\r", "~",
      ]
    let bytes = Array(exampleScenario.utf8)
    for _ in 0..<3000 {
      var changed = bytes
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        let place = Int.random(in: 0..<changed.count, using: &generator)
        let end = min(changed.count, place + Int.random(in: 0..<6, using: &generator))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: changed.removeSubrange(place..<end)
        case 1: changed[place] = UInt8.random(in: 0...255, using: &generator)
        case 2: changed.insert(contentsOf: changed[place..<end], at: place)
        default:
          let piece = pieces[Int.random(in: 0..<pieces.count, using: &generator)]
          changed.replaceSubrange(place..<end, with: Array(piece.utf8))
        }
        if changed.isEmpty { changed = bytes }
      }
      do throws(ScenarioFileError) {
        let scenario = try Scenario(yaml: changed, fileName: "")
        #expect(!scenario.steps.isEmpty)
      } catch {
        let lineCount = changed.count { $0 == 0x0A || $0 == 0x0D } + 1
        #expect((1...lineCount).contains(error.line), "\(error)")
        #expect(!error.message.contains { $0.isNewline }, "\(error)")
      }
    }
  }
}

/// A generator whose numbers are the same on every machine.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
