import Reports
import Testing

@testable import LockstepCommands

@Suite struct SymbolizerTests {
  @Test func `answers`() {
    let output = """
      Sum
      /src/kb199311.c:54:3

      ??
      ??:0:0

      Fill
      C:\\work\\kb199311.c:40:9

      Known
      ??:0:0


      """
    #expect(
      Symbolizer.answers(in: output) == [
        SourceLocation(function: "Sum", file: "kb199311.c", line: 54), nil,
        SourceLocation(function: "Fill", file: "kb199311.c", line: 40), nil,
      ]
    )
    #expect(Symbolizer.answers(in: "").isEmpty)
  }

  @Test func `whatever goes wrong, there are just no names`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.sys", ImageBuilder().bytes)
    for program in ["/nonexistent/symbolizer", "/bin/false", "/bin/cat"] {
      #expect(Symbolizer(path: program, milliseconds: 500).locations(of: [0x10], in: path).isEmpty)
    }
    #expect(Symbolizer(path: "/bin/cat").locations(of: [0x10], in: folder.path).isEmpty)
  }

  @Test func `a program that does not end is not waited for`() {
    #expect(ChildProcess.output(of: "/bin/sleep", ["60"], milliseconds: 50) == nil)
    #expect(ChildProcess.output(of: "/bin/echo", ["a", "b"], milliseconds: 5000) == "a b\n")
    #expect(ChildProcess.output(of: "/bin/false", [], milliseconds: 5000) == nil)
  }
}
