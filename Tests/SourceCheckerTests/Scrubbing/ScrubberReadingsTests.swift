import Testing

@testable import SourceChecker

@Suite struct ScrubberReadingsTests {
  @Test
  func `a source without choices has one reading`() {
    #expect(readings(of: "int a;").count == 1)
    #expect(readings(of: "#ifndef A_H\n#define A_H\nint a;\n#endif").map(\.words) == ["int a;"])
    #expect(readings(of: "#if 0\na\n#else\nb\n#endif\n#if 1\nc\n#endif").map(\.words) == ["b c"])
    #expect(readings(of: "#ifdef X\n#pragma once\n#endif\nint a;").count == 1)
  }

  @Test(arguments: [
    "#ifdef X\na\n#else\nb\n#endif",
    "#if defined(X)\na\n#else\nb\n#endif",
    "#if (defined X)\na\n#endif\n#ifndef X\nb\n#endif",
    "#if X\na\n#endif\n#if !defined ( X )\nb\n#endif",
    "#if !(X)\nb\n#else\na\n#endif",
    "#if (WINVER >= 0x0501)\na\n#endif\n#if !(WINVER>=0x0501)\nb\n#endif",
    "#if V >= 5\na\n#endif\n#if V < 5\nb\n#endif",
    "#if V == 5\na\n#endif\n#if !(V != 5)\n#else\nb\n#endif",
    "#if V > 5\na\n#elif V <= 5\nb\n#endif",
    "#ifdef _WIN64\na\n#endif\n#ifdef _X86_\nb\n#endif",
    "#if defined(__GNUC__)\nb\n#elif defined(_MSC_VER)\na\n#endif",
    "#ifndef _M_IX86\na\n#else\nb\n#endif",
    "#if /* c */ X > \\\n 1 // d\na\n#else\nb\n#endif",
  ])
  func `the first has every condition true, the second every condition false`(source: String) {
    #expect(readings(of: source).map(\.words) == ["a", "b"])
  }

  @Test
  func `a condition has the same value throughout a reading`() {
    let source = "#ifdef X\nif (a) {\n#else\nif (b) {\n#endif\nf();\n#if !X\nh();\n#endif\n}"
    #expect(readings(of: source).map(\.words) == ["if (a) { f(); }", "if (b) { f(); h(); }"])
  }

  @Test
  func `further readings have what the first two have not`() {
    let chain = "#if A\na\n#elif B == 2\nb\n#elif defined(C)\nc\n#else\nd\n#endif"
    #expect(readings(of: chain).map(\.words) == ["a", "d", "b", "c"])
    let nested = "#ifdef A\n#ifndef B\nx\n#endif\n#endif\ny"
    #expect(readings(of: nested).map(\.words) == ["y", "x y"])
  }

  @Test
  func `C++ is known`() {
    let source = "#ifdef __cplusplus\na\n#else\nb\n#endif"
    #expect(readings(of: source, .c).map(\.words) == ["b"])
    #expect(readings(of: source, .cPlusPlus).map(\.words) == ["a"])
  }

  @Test
  func `directives that do not match are passed over`() {
    #expect(readings(of: "#endif\n#else\na\n#elif X\n#if Y\nb").map(\.words) == ["a b", "a"])
  }

  @Test
  func `macros belong to the reading that defines them`() {
    let source = "#ifdef X\n#define A 1\n#else\n#define B 2\n#endif"
    #expect(readings(of: source).map { $0.macros.map(\.name) } == [["A"], ["B"]])
  }

  @Test
  func `conditional stretches are listed for all branches in every reading`() {
    let source = "#ifndef G\n#define G\n#ifndef W\na\n#elif V>2\nb\n#else\nc\n#endif\n#endif"
    let all = readings(of: source)
    #expect(all.count > 1)
    for reading in all {
      let list = reading.conditions.map {
        "\($0.isNegated ? "!" : "")\($0.expression) \(part(source, $0.range).filter { $0 != "\n" })"
      }
      #expect(list == ["!defined(W) a", "V>2 b", "defined(W) b", "!V>2 c", "defined(W) c"])
    }
  }
}
