#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A file that the program writes because the user named it.
enum OutputFile {
  /// Writes a file, which may be there already.
  ///
  /// - Throws: ``UserError`` if it cannot be written.
  static func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = fopen(path, "w") else { throw failure(path) }
    let count = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, count == bytes.count else { throw failure(path) }
  }

  private static func failure(_ path: String) -> UserError {
    UserError("\(path): " + (strerror(errno).map { String(cString: $0) } ?? "cannot be written"))
  }
}
