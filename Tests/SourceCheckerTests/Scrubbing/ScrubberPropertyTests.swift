import Testing

@testable import SourceChecker

@Suite struct ScrubberPropertyTests {
  private static let changes = Set(" ;{}whileifO\"".utf8)

  /// Checks what holds for each reading of anything.
  private func check(_ bytes: [UInt8]) {
    for language in [SourceText.Language.c, .cPlusPlus] {
      let text = SourceText(path: "a.c", language: language, bytes: bytes)
      let readings = Scrubber.readings(of: text)
      #expect((1...4).contains(readings.count))
      for reading in readings {
        guard reading.bytes.count == bytes.count else {
          Issue.record("a reading is not as long as its source")
          return
        }
        // What is changed is blanked, or becomes one of the few marks and words that mend.
        let broken = bytes.indices.first { index in
          let old = bytes[index]
          let new = reading.bytes[index]
          guard new != 0, (old == 0x0A) == (new == 0x0A) else { return true }
          return new != old && !Self.changes.contains(new)
        }
        #expect(broken == nil, "byte \(broken ?? 0)")
        let all = 0..<bytes.count
        for function in reading.functions {
          #expect(all.contains(function.body) && function.range.contains(function.body))
          #expect(function.range.clamped(to: all) == function.range)
        }
        for pair in zip(reading.functions, reading.functions.dropFirst()) {
          #expect(pair.0.range.upperBound <= pair.1.range.lowerBound)
        }
        for found in reading.guards {
          #expect(reading.bytes[found.body] == 0x7B && reading.bytes[found.handler] == 0x7B)
          #expect(found.body < found.handler && found.filter.upperBound <= found.handler)
          #expect(all.contains(found.filter.lowerBound))
        }
        for range in reading.macros.map(\.body) + reading.conditions.map(\.range) {
          #expect(range.clamped(to: all) == range)
        }
      }
    }
  }

  @Test(arguments: 0..<20)
  func `random bytes keep their places`(seed: UInt64) {
    var dice = Dice(seed)
    check((0..<5000).map { _ in UInt8.random(in: 0...255, using: &dice) })
  }

  private static let pieces = [
    "(", ")", "{", "}", "[", "]", ";", ",", ":", "=", "<", ">", "*", "~", "\n", "\n", " ", "\\\n",
    "\"", "'", "R\"x(", ")x\"", "/*", "*/", "//", "#", "\n#if X\n", "\n#elif Y\n", "\n#else\n",
    "\n#endif\n", "\n#ifndef Z\n", "\n#define Z(a) __try\n", "__try", "__except", "__finally",
    "try",
    "except", "_SEH2_END", "__asm", "asm", "_In_", "IN", "OPTIONAL", "NTAPI", "__declspec", "a ",
    "b ",
    "if", "operator", "template", "class", "namespace", "extern \"C\"", "public", "\u{0}", "1e+",
    "é",
  ]

  @Test(arguments: 0..<60)
  func `random words keep their places`(seed: UInt64) {
    var dice = Dice(seed)
    var source = ""
    for _ in 0..<600 {
      source += Self.pieces.randomElement(using: &dice) ?? ""
      if Bool.random(using: &dice) { source += " " }
    }
    check(Array(source.utf8))
  }

  @Test(arguments: [
    "(", "{", "[", ")", "}", "#if X\n", "#if X\n#else\n", "#elif X\n", "\"", "'", "/*", "//",
    "\\\n",
    "__try{}__except(", "__try{", "try{}except(", "__except(", "_In_(", "asm(", "__asm{",
    "__asm x\n",
    "R\"(", "f(){", "int f(a) int a;", "x=", "a:", "operator", "template<", "class A{",
    "namespace{",
    "#define A(b,c) d\n", "#define A __try\n", "#ifndef A\n#define A\n", "!", "\n#if !!!!(((",
    "\n}\nint f(int a) {{", "#define \\\n", "#if ((((((((1))))))))\na\n",
  ])
  func `thousands of anything end`(piece: String) {
    let count = 5_000
    check(Array(String(repeating: piece, count: count).utf8))
  }

  @Test
  func `branches in branches are bounded`() {
    var source = ""
    for index in 0..<3_000 {
      source += "#if A\(index)\n#ifndef B\(index)\nx\n#elif C\(index)\ny\n#endif\n"
    }
    check(Array(source.utf8))
  }

  @Test
  func `much noise ends`() {
    var dice = Dice(7)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(100_000)
    while bytes.count < 100_000 { bytes.append(UInt8(truncatingIfNeeded: dice.next())) }
    check(bytes)
  }
}
