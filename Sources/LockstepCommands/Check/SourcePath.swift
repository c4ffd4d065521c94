#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How reports name files.
enum SourcePath {
  /// The folder in which the program runs, or `/` if the system does not tell.
  static var currentFolder: String {
    guard let folder = getcwd(nil, 0) else { return "/" }
    defer { free(folder) }
    return String(cString: folder)
  }

  /// A path from a folder, if it is below it; otherwise as it is, without what says nothing.
  static func shown(_ path: String, from folder: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    let parts = path.split(separator: "/").filter { $0 != "." }
    let clean = (isAbsolute ? "/" : "") + parts.joined(separator: "/")
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    guard isAbsolute, clean.hasPrefix(prefix) else { return clean }
    return String(clean.dropFirst(prefix.count))
  }
}
