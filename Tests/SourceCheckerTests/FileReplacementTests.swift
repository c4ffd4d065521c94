import Foundation
import SourceChecker
import Testing

/// Writing files in one step.
@Suite final class FileReplacementTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "lockstep-write-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func file(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
    let path = "\(folder)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func contents(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  private func replace(_ path: String, _ old: String, _ new: String) throws(FileReplacementError) {
    try FileReplacement.write(path, from: Array(old.utf8), to: Array(new.utf8))
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
  }

  @Test(arguments: [0o644, 0o600, 0o755, 0o640])
  func `the file has the new bytes and its old permissions`(mode: Int) throws {
    let path = try file("a.c", "old", mode: mode)
    try replace(path, "old", "new and longer")
    #expect(try contents(path) == "new and longer")
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == mode)
    #expect(try names == ["a.c"])
  }

  @Test func `a symbolic link stays, and its file is written`() throws {
    let target = try file("target.c", "old")
    let link = "\(folder)/link.c"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target.c")
    try replace(link, "old", "new")
    #expect(try contents(target) == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "target.c")
  }

  @Test(arguments: ["other", "older", "ol", ""])
  func `a file that has changed meanwhile is left alone`(now: String) throws {
    let path = try file("a.c", now)
    let error = #expect(throws: FileReplacementError.self) { try self.replace(path, "old", "new") }
    #expect(error?.description == "changed meanwhile")
    #expect(try contents(path) == now)
    #expect(try names == ["a.c"])
  }

  @Test func `a file that is read-only is left alone, even by the superuser`() throws {
    let path = try file("a.c", "old", mode: 0o444)
    let error = #expect(throws: FileReplacementError.self) { try self.replace(path, "old", "new") }
    #expect(error?.description == "read-only")
    #expect(try contents(path) == "old")
  }

  @Test func `what is no file is not written`() throws {
    #expect(throws: FileReplacementError.self) {
      try self.replace("\(self.folder)/none.c", "", "new")
    }
    #expect(throws: FileReplacementError.self) { try self.replace(self.folder, "", "new") }
    #expect(try names.isEmpty)
  }
}
