internal import Findings
internal import PortableExecutable

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Reads drivers from files, none of which is trusted.
enum DriverReader {
  /// The largest file that is read, in bytes.
  static let largestFile = 64 << 20

  /// Reads a driver.
  static func read(_ path: String) throws -> InputDriver {
    let bytes = try contents(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    do {
      let image = try Image(parsing: bytes)
      let digest = SHA256.hexadecimal(of: bytes)
      return InputDriver(file: DriverFile(name: name, sha256: digest, path: path), image: image)
    } catch {
      throw UserError("\(path): \(error.message)")
    }
  }

  /// Reads a regular file.
  ///
  /// A FIFO or a device is refused, and not waited for.
  static func contents(of path: String, isDriver: Bool = true) throws -> [UInt8] {
    guard !path.isEmpty else {
      throw UserError(isDriver ? "a driver's path is empty" : "a file's path is empty")
    }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw UserError(errno == ENOENT ? "\(path): no such file" : "\(path): \(reason(errno))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw UserError("\(path): \(reason(errno))") }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR where isDriver:
      throw UserError("\(path): a directory, not a driver; name its .sys files")
    default: throw UserError("\(path): not a regular file")
    }
    guard status.st_size <= largestFile else { throw tooLarge(path) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = systemRead(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0 {
        guard errno == EINTR else { throw UserError("\(path): \(reason(errno))") }
        continue
      }
      bytes += buffer[..<count]
      guard bytes.count <= largestFile else { throw tooLarge(path) }
    }
  }

  private static func tooLarge(_ path: String) -> UserError {
    UserError("\(path): larger than \(largestFile >> 20) MiB, which no driver is")
  }

  private static func reason(_ code: Int32) -> String {
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }
}
