import Testing

@testable import SourceChecker

@Suite struct ScrubberGuardsTests {
  /// Each guard of a source's first reading, as its kind, its filter and what follows its braces.
  private func guards(_ source: String, _ language: SourceText.Language = .c) -> [String] {
    let first = readings(of: source, language).first
    return (first?.guards ?? []).map { found in
      let body = part(source, found.body..<found.body + 3)
      let handler = part(source, found.handler..<found.handler + 3)
      return "\(found.kind) \(body) [\(part(source, found.filter))] \(handler)"
    }
  }

  @Test(arguments: [
    "__try {a} __except (f(1)) {b}",
    "_try {a} _except (f(1)) {b}",
    "try {a} except (f(1)) {b}",
    "TRY {a} EXCEPT (f(1)) {b}",
    "_SEH2_TRY {a} _SEH2_EXCEPT(f(1)) {b} _SEH2_END",
    "_SEH_TRY {a} _SEH_EXCEPT(f(1)) {b} _SEH_END",
    "#define TRY __try\n#define EXCEPT __except\nTRY {a} EXCEPT (f(1)) {b}",
    "#define EXCEPT(x) __except(x)\n__try {a} EXCEPT (f(1)) {b}",
  ])
  func `a guarded block is remembered in every spelling`(source: String) {
    #expect(guards(source) == ["except {a} [f(1)] {b}"])
    #expect(scrubbed(source) == "{a} {b}")
  }

  @Test(arguments: [
    "__try {a} __finally {b}",
    "try {a} finally {b}",
    "_SEH2_TRY {a} _SEH2_FINALLY {b} _SEH2_END",
  ])
  func `a termination handler has no filter`(source: String) {
    #expect(guards(source) == ["finally {a} [] {b}"])
    #expect(scrubbed(source) == "{a} {b}")
  }

  @Test
  func `macros with braces are guards too`() {
    let source = """
      #define TRY __try {
      #define CATCH } __except (f(1)) {
      #define LAST } __finally {
      #define END_TRY }
      TRY a; CATCH b; END_TRY
      TRY c; LAST d; END_TRY
      """
    #expect(scrubbed(source) == "{ a; } { b; } { c; } { d; }")
    let found = readings(of: source).first?.guards ?? []
    #expect(found.map { part(source, $0.filter) } == ["f(1)", ""])
    #expect(found.map(\.kind) == [.except, .finally])
  }

  @Test
  func `guards nest`() {
    let source = "__try {a; __try {b} __finally {c; __try {d} __except(1) {e}} } __except(2) {f}"
    #expect(
      guards(source) == [
        "except {a; [2] {f}", "finally {b} [] {c;", "except {d} [1] {e}",
      ]
    )
    #expect(scrubbed(source) == "{a; {b} {c; {d} {e}} } {f}")
  }

  @Test
  func `exceptions of C++ are none of these`() {
    let source = "try {a} catch (...) {b}"
    #expect(guards(source, .cPlusPlus).isEmpty)
    #expect(scrubbed(source, .cPlusPlus) == source)
    #expect(guards("try {a} except (1) {b}", .cPlusPlus).count == 1)
  }

  @Test
  func `words without their blocks are passed over`() {
    #expect(guards("__try a; __except (1) b; try = 1; finally(2);").isEmpty)
    #expect(
      scrubbed("__leave; try = 1; except(2); TRY(a) {b}")
        == "__leave; try = 1; except(2); TRY(a) {b}"
    )
  }
}
