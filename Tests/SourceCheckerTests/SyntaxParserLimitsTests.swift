import Foundation
import Testing

@testable import SourceChecker

@Suite struct SyntaxParserLimitsTests {
  private static func times(_ count: Int, _ text: String) -> String {
    String(repeating: text, count: count)
  }

  static let hostile: [String] = [
    times(20_000, "("),
    "int f(void) { return " + times(20_000, "(") + "1" + times(20_000, ")") + "; }",
    "void f(void) " + times(20_000, "{") + times(20_000, "}"),
    "int x = " + times(50_000, "!") + "1;",
    "int x = " + times(20_000, "(a)") + "1;",
    "int x = " + times(20_000, "a ? b : ") + "1;",
    "int x = 1" + times(50_000, "+ a") + ";",
    "int " + times(50_000, "*") + "p;",
    "void f() { " + times(10_000, "if (a) b; else "),
    "void f() { " + times(10_000, "a(*b)("),
    "void f() { " + times(5_000, "a < b(c * d), "),
    times(10_000, "struct a {"),
    times(20_000, "#if a\n"),
    times(20_000, "R\"x("),
    times(50_000, "/*"),
    times(50_000, "\"a\n"),
  ]

  /// Runs something with as little stack as the threads of tasks have at the least.
  private func onSmallStack(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let thread = Thread {
        body()
        continuation.resume()
      }
      thread.stackSize = 512 << 10
      thread.start()
    }
  }

  @Test(arguments: hostile.indices, [SourceText.Language.c, .cPlusPlus])
  func `text that is deep or broken neither crashes nor hangs`(
    index: Int,
    language: SourceText.Language
  ) async throws {
    let library = try TreeSitterLibrary()
    let bytes = Array(Self.hostile[index].utf8)
    await onSmallStack {
      do {
        let tree = try SyntaxParser(library).parse(
          bytes,
          range: 0..<bytes.count,
          language: language
        )
        #expect(tree[tree.root].hasError)
      } catch {
        #expect(error as? SyntaxError == .tooDeep)
      }
    }
  }

  @Test func `random bytes end in a tree or at a limit`() async throws {
    let library = try TreeSitterLibrary()
    var generator = SeededGenerator(state: 7)
    let bytes = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    await onSmallStack {
      let tree = try? SyntaxParser(library).parse(bytes, range: 0..<bytes.count, language: .c)
      #expect(tree.map { $0[$0.root].hasError } ?? true)
    }
  }

  @Test func `each limit ends a parse with its own error, and the next parse is good`() throws {
    let library = try TreeSitterLibrary()
    let bytes = Array(Self.times(2000, "void f(void) { g((a + 1)); }\n").utf8)
    func error(_ change: (inout SyntaxParser.Limits) -> Void) -> SyntaxError? {
      var limits = SyntaxParser.Limits()
      change(&limits)
      let parser = SyntaxParser(library, limits: limits)
      var thrown: SyntaxError?
      do { _ = try parser.parse(bytes, range: 0..<bytes.count, language: .c) } catch {
        thrown = error
      }
      let small = try? parser.parse(bytes, range: 0..<7, language: .cPlusPlus)
      #expect(small != nil)
      return thrown
    }
    #expect(error { _ in } == nil)
    #expect(error { $0.nodes = 100 } == .tooLarge)
    #expect(error { $0.bytes = 100 } == .tooLarge)
    #expect(error { $0.depth = 4 } == .tooDeep)
    #expect(
      error {
        $0.operationsPerByte = 0
        $0.leastOperations = 1000
      } == .tooLong
    )
  }
}

/// Numbers that are the same in each run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
