/// The C and C++ sources that paths name: files, and folders with all that is below them.
///
/// Folders and files whose names begin with a dot are left out of folders, and so is every file whose name
/// does not end as a source's. Symbolic links are followed. A file that is named twice is there once.
public struct SourceFiles: Sendable {
  /// A source file.
  public struct File: Hashable, Sendable {
    /// The path as the user named it, or found below a folder that the user named.
    public let path: String
    /// The folder that it is in, without symbolic links: its neighbours there make one driver with it.
    public let folder: String
    /// The language that its name tells, if it tells one.
    let language: SourceText.Language?
  }

  /// A file or a folder that cannot be looked at.
  public struct Problem: Error, Hashable, Sendable {
    public let path: String
    /// Why, in a few words that follow the path and a colon.
    public let reason: String

    /// Creates a problem.
    public init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }

  /// Paths that lead to nothing: a mistake of the user's.
  public struct Missing: Error, Hashable, Sendable {
    public let paths: [String]
  }

  /// The files, in the order of the paths that name them, and below a folder in the order of their names.
  public private(set) var files: [File] = []
  /// What could not be looked at, in the same order.
  public private(set) var problems: [Problem] = []

  private var knownFiles: Set<String> = []
  private var knownFolders: Set<FileStatus.Identity> = []

  /// Finds the sources.
  ///
  /// - Throws: ``Missing`` if a path leads to nothing.
  public init(paths: [String]) throws(Missing) {
    var missing: [String] = []
    for path in paths {
      do throws(SystemError) {
        let status = try FileStatus(of: path, followsLinks: true)
        switch status.kind {
        case .folder: walk(path)
        default: try add(path, isRegular: status.kind == .regular)
        }
      } catch .noEntry {
        missing.append(path)
      } catch .notFolder {
        missing.append(path)
      } catch {
        problems.append(Problem(path: path, reason: error.reason))
      }
    }
    guard missing.isEmpty else { throw Missing(paths: missing) }
  }

  /// The sources of one folder alone, without those below it; none if it cannot be read.
  public static func inFolder(_ folder: String) -> [File] {
    guard let names = try? FileSystem.names(inFolder: folder).names else { return [] }
    return names.compactMap { name in
      let (isSource, language) = SourceText.Language.named(byExtensionOf: name)
      guard isSource, !name.hasPrefix(".") else { return nil }
      return File(path: Self.path(folder, name), folder: folder, language: language)
    }
  }

  /// Adds a file, unless it is there under another name.
  private mutating func add(_ path: String, isRegular: Bool) throws(SystemError) {
    let real = try FileSystem.realPath(path)
    guard knownFiles.insert(real).inserted else { return }
    guard isRegular else {
      problems.append(Problem(path: path, reason: "not a regular file"))
      return
    }
    let slash = real.lastIndex(of: "/") ?? real.startIndex
    let name = path.split(separator: "/").last.map(String.init) ?? path
    files.append(
      File(
        path: path,
        folder: slash == real.startIndex ? "/" : String(real[..<slash]),
        language: SourceText.Language.named(byExtensionOf: name).language
      )
    )
  }

  /// Adds what is below a folder.
  private mutating func walk(_ path: String) {
    let firstFile = files.count
    let firstProblem = problems.count
    // Links come last, so that what is found twice is found by the path without them.
    var folders = [path]
    var links: [String] = []
    while let folder = folders.popLast() ?? links.first {
      if folder == links.first { links.removeFirst() }
      do throws(SystemError) {
        let status = try FileStatus(of: folder, followsLinks: true)
        guard knownFolders.insert(status.identity).inserted else { continue }
        let (names, unreadable) = try FileSystem.names(inFolder: folder)
        if unreadable > 0 {
          problems.append(
            Problem(
              path: folder,
              reason: "\(unreadable) of its files have names that are not UTF-8"
            )
          )
        }
        let real = try FileSystem.realPath(folder)
        for name in names where !name.hasPrefix(".") {
          look(at: Self.path(folder, name), name, in: real, &folders, &links)
        }
      } catch {
        problems.append(Problem(path: folder, reason: error.reason))
      }
    }
    files[firstFile...].sort { Self.precedes($0.path, $1.path) }
    problems[firstProblem...].sort { Self.precedes($0.path, $1.path) }
  }

  /// Looks at something in a folder.
  private mutating func look(
    at path: String,
    _ name: String,
    in realFolder: String,
    _ folders: inout [String],
    _ links: inout [String]
  ) {
    let isSource = SourceText.Language.named(byExtensionOf: name).isSource
    do throws(SystemError) {
      var status = try FileStatus(of: path, followsLinks: false)
      let isLink = status.kind == .link
      if isLink { status = try FileStatus(of: path, followsLinks: true) }
      if status.kind == .folder {
        guard isLink else {
          folders.append(path)
          return
        }
        let target = try FileSystem.realPath(path)
        guard !Self.isAtOrAbove(target, realFolder) else { throw .linkLoop }
        links.append(path)
      } else if isSource {
        try add(path, isRegular: status.kind == .regular)
      }
    } catch {
      // What a link that leads nowhere would have been is told by its name only.
      guard isSource || error == .linkLoop else { return }
      problems.append(Problem(path: path, reason: error.reason))
    }
  }

  private static func isAtOrAbove(_ folder: String, _ other: String) -> Bool {
    folder == "/" || folder == other || other.hasPrefix(folder + "/")
  }

  private static func path(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  private static func precedes(_ first: String, _ second: String) -> Bool {
    first.utf8.lexicographicallyPrecedes(second.utf8)
  }
}
