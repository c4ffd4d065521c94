extension SourceFiles {
  /// The largest file that is read, in bytes.
  public static let largestFile = 32 << 20

  /// Reads a file.
  ///
  /// - Throws: ``Problem`` if it cannot be read, or is no text.
  public static func read(_ file: File) throws(Problem) -> SourceText {
    let contents: FileSystem.Contents
    do throws(SystemError) {
      contents = try FileSystem.contents(of: file.path, limit: largestFile)
    } catch {
      throw Problem(path: file.path, reason: error.reason)
    }
    switch contents {
    case .notRegular: throw Problem(path: file.path, reason: "not a regular file")
    case .tooLarge:
      throw Problem(
        path: file.path,
        reason: "larger than \(largestFile >> 20) MiB, which no source is"
      )
    case .bytes(let bytes):
      if let reason = reasonAgainst(bytes) { throw Problem(path: file.path, reason: reason) }
      return SourceText(
        path: file.path,
        language: file.language ?? SourceText.Language(lookingAt: bytes),
        bytes: bytes
      )
    }
  }

  /// Why a file's bytes are no text that can be checked.
  private static func reasonAgainst(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return "in UTF-16, which is not supported: save it as UTF-8"
    }
    return bytes.contains(0) ? "a binary file: it has NUL bytes" : nil
  }
}
