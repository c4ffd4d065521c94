import Foundation
import Testing

@testable import SourceChecker

/// A folder for one test, which is removed with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("lockstep-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ bytes: some Sequence<UInt8> = "int a;\n".utf8) throws {
    let file = "\(path)/\(name)"
    let parent = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(path)/\(name)",
      withDestinationPath: target
    )
  }
}

@Suite struct SourceFilesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The files and problems below the folder, without its path.
  private func find(_ names: String...) throws -> (files: [String], problems: [String]) {
    let paths = names.isEmpty ? [folder.path] : names.map { "\(folder.path)/\($0)" }
    let found = try SourceFiles(paths: paths)
    func short(_ path: String) -> String {
      path.replacingOccurrences(of: folder.path + "/", with: "")
    }
    return (
      found.files.map { short($0.path) },
      found.problems.map { short($0.path) + ": " + $0.reason }
    )
  }

  @Test func `a folder's sources are found in the order of their names, and nothing else`() throws {
    for name in [
      "b.c", "a/z.CPP", "a/y.h", "c.inl", "d.hxx", "e.txt", "Makefile", ".git/f.c", ".g.c", "h.c++",
    ] {
      try folder.write(name)
    }
    let found = try find()
    #expect(found.files == ["a/y.h", "a/z.CPP", "b.c", "c.inl", "d.hxx", "h.c++"])
    #expect(found.problems == [])
  }

  @Test func `a file that is named twice is there once, under its first name`() throws {
    try folder.write("a/x.c")
    try folder.link("b.c", to: "a/x.c")
    #expect(try find("b.c", "a", "a/../a/x.c").files == ["b.c"])
    #expect(try find("a", "a").files == ["a/x.c"])
  }

  @Test func `a path that leads to nothing is a mistake of the user's`() throws {
    try folder.write("a.c")
    #expect(throws: SourceFiles.Missing(paths: ["/nowhere/b.c", ""])) {
      try SourceFiles(paths: [folder.path, "/nowhere/b.c", ""])
    }
  }

  @Test func `links that lead in a circle are reported and the rest is found`() throws {
    try folder.write("a/x.c")
    try folder.link("a/up", to: "..")
    try folder.link("a/itself", to: "itself")
    try folder.link("a/beside", to: "../b")
    try folder.write("b/y.c")
    try folder.link("b/back", to: "../a")
    try folder.link("gone.c", to: "nowhere")
    let found = try find()
    #expect(found.files == ["a/x.c", "b/y.c"])
    #expect(
      found.problems == [
        "a/itself: a symbolic link that leads in a circle",
        "a/up: a symbolic link that leads in a circle",
        "gone.c: no such file or directory",
      ]
    )
    // What a link alone leads to is found through it.
    #expect(try find("a").files == ["a/beside/y.c", "a/x.c"])
  }

  @Test func `a pipe is reported and not waited for`() throws {
    try folder.write("a.c")
    try #require(mkfifo("\(folder.path)/p.c", 0o600) == 0)
    let found = try find()
    #expect(found.files == ["a.c"])
    #expect(found.problems == ["p.c: not a regular file"])
  }

  @Test(.enabled(if: geteuid() != 0)) func `a folder that may not be read is reported`() throws {
    try folder.write("a/x.c")
    try folder.write("b.c")
    try #require(chmod("\(folder.path)/a", 0) == 0)
    defer { chmod("\(folder.path)/a", 0o700) }
    let found = try find()
    #expect(found.files == ["b.c"])
    #expect(found.problems == ["a: permission denied"])
  }

  @Test func `a file knows the folder that it is in`() throws {
    try folder.write("a/x.c")
    try folder.write("a/y.c")
    try folder.link("b", to: "a")
    let file = try #require(try SourceFiles(paths: ["\(folder.path)/b/x.c"]).files.first)
    #expect(file.folder == "\(folder.path)/a")
    #expect(SourceFiles.inFolder(file.folder).map(\.path).map { $0.suffix(4) } == ["/x.c", "/y.c"])
  }

  static let unreadable: [([UInt8], String)] = [
    (Array("int a;".utf8) + [0], "a binary file: it has NUL bytes"),
    ([0xFF, 0xFE, 0x69, 0x00], "in UTF-16, which is not supported: save it as UTF-8"),
    ([0xFE, 0xFF, 0x00, 0x69], "in UTF-16, which is not supported: save it as UTF-8"),
  ]

  @Test(arguments: unreadable)
  func `what is no text is refused`(bytes: [UInt8], reason: String) throws {
    try folder.write("a.c", bytes)
    let file = try #require(try SourceFiles(paths: [folder.path]).files.first)
    #expect(throws: SourceFiles.Problem(path: file.path, reason: reason)) {
      try SourceFiles.read(file)
    }
  }

  @Test func `a file that is too large, or has gone, is refused`() throws {
    try folder.write("a.c")
    try #require(truncate("\(folder.path)/a.c", off_t(SourceFiles.largestFile + 1)) == 0)
    let file = try #require(try SourceFiles(paths: [folder.path]).files.first)
    #expect(
      throws: SourceFiles.Problem(path: file.path, reason: "larger than 32 MiB, which no source is")
    ) { try SourceFiles.read(file) }
    try FileManager.default.removeItem(atPath: file.path)
    #expect(throws: SourceFiles.Problem(path: file.path, reason: "no such file or directory")) {
      try SourceFiles.read(file)
    }
  }

  static let languages: [(String, String, SourceText.Language)] = [
    ("a.c", "class X {};", .c), ("a.C", "", .c), ("a.cpp", "", .cPlusPlus),
    ("a.HH", "", .cPlusPlus),
    ("a.h", "int f(void);", .c), ("a.h", "namespace n { }", .cPlusPlus),
    ("a.h", "#ifdef __cplusplus\nclass X {};\n#endif\nint a;", .c),
    ("a.h", "// class X\n/* class Y */ char *s = \"class Z\";", .c),
    ("a.inl", "void C::f() { }", .cPlusPlus), ("a.inl", "template <class T> T f();", .cPlusPlus),
    ("a.h", "struct S { public: int a; };", .cPlusPlus), ("a.h", "int class; a ? b : c;", .c),
  ]

  @Test(arguments: languages)
  func `the language follows from the name, and a header's from its text`(
    name: String,
    text: String,
    language: SourceText.Language
  ) throws {
    try folder.write(name, text.utf8)
    let file = try #require(try SourceFiles(paths: [folder.path]).files.first)
    #expect(try SourceFiles.read(file).language == language)
    #expect(try SourceFiles.read(file).bytes == Array(text.utf8))
  }
}
