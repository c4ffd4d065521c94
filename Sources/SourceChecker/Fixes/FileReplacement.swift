#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Why a file was not written; it is as it was.
public struct FileReplacementError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The reason, in a few words.
  public let description: String

  init(_ description: String) { self.description = description }

  /// The last failed system call's error.
  static func last() -> Self {
    Self(strerror(errno).map { String(cString: $0) } ?? "error \(errno)")
  }
}

/// Writes a file anew in one step: at any time it has either all of its old bytes or all of the new ones.
public enum FileReplacement {
  /// Puts bytes in place of a file's.
  ///
  /// What is written is the file itself, not a symbolic link to it. It keeps its permissions and, as far as
  /// the system lets it, its owner.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - old: The bytes that the file is known to have.
  ///   - new: The bytes that it is to have.
  /// - Throws: ``FileReplacementError`` if the file has other bytes by now, may not be written, or cannot
  ///   be. It is untouched then.
  public static func write(_ path: String, from old: [UInt8], to new: [UInt8])
    throws(FileReplacementError)
  {
    guard let resolved = realpath(path, nil) else { throw .last() }
    defer { free(resolved) }
    let target = String(cString: resolved)
    var status = stat()
    guard stat(target, &status) == 0 else { throw .last() }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileReplacementError("not a regular file")
    }
    // The superuser may write anything, but means it no more than others do.
    guard status.st_mode & 0o222 != 0, access(target, W_OK) == 0 else {
      throw FileReplacementError("read-only")
    }
    guard try contents(of: target, atMost: old.count) == old else { throw changed }

    let temporary = try writeBeside(target, new, like: status)
    var isInPlace = false
    defer { if !isInPlace { unlink(temporary) } }
    guard try contents(of: target, atMost: old.count) == old else { throw changed }
    guard rename(temporary, target) == 0 else { throw .last() }
    isInPlace = true
    synchronise(folderOf: target)
  }

  private static let changed = FileReplacementError("changed meanwhile")

  /// Writes a new file beside another, and waits until it is on the disk.
  ///
  /// - Returns: Its path.
  private static func writeBeside(_ target: String, _ bytes: [UInt8], like status: stat)
    throws(FileReplacementError) -> String
  {
    var template = Array((target + ".lockstep-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .last() }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var isWritten = false
    defer {
      close(descriptor)
      if !isWritten { unlink(path) }
    }
    // Only the superuser can give a file away. The mode comes second, as a new owner clears bits of it.
    _ = fchown(descriptor, status.st_uid, status.st_gid)
    guard fchmod(descriptor, status.st_mode & 0o7777) == 0 else { throw .last() }
    try write(bytes, to: descriptor)
    guard fsync(descriptor) == 0 else { throw .last() }
    isWritten = true
    return path
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(FileReplacementError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { buffer in
        buffer.baseAddress.map { systemWrite(descriptor, $0, buffer.count) } ?? 0
      }
      if count < 0 {
        guard errno == EINTR else { throw .last() }
        continue
      }
      rest = rest.dropFirst(count)
    }
  }

  /// A file's bytes, or one more than a number of them if it is longer.
  private static func contents(of path: String, atMost limit: Int) throws(FileReplacementError)
    -> [UInt8]
  {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .last() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = systemRead(descriptor, &buffer, min(buffer.count, limit + 1 - bytes.count))
      if count == 0 { break }
      if count < 0 {
        guard errno == EINTR else { throw .last() }
        continue
      }
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// Waits until a folder's entries are on the disk, if the system can do that.
  private static func synchronise(folderOf path: String) {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    let folder = end == path.startIndex ? "/" : String(path[..<end])
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }
}

private func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}

private func systemRead(_ descriptor: Int32, _ start: UnsafeMutableRawPointer, _ count: Int) -> Int
{
  read(descriptor, start, count)
}
