#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What the system says about a file.
struct FileStatus: Sendable {
  enum Kind: Hashable, Sendable {
    case regular, folder, link, special
  }

  /// What a file is, whatever path leads to it.
  struct Identity: Hashable, Sendable {
    let device: UInt64
    let number: UInt64
  }

  let kind: Kind
  let identity: Identity
  let size: Int

  /// Asks for a path, where a symbolic link may stand for what it leads to.
  init(of path: String, followsLinks: Bool) throws(SystemError) {
    var status = stat()
    let result = followsLinks ? stat(path, &status) : lstat(path, &status)
    guard result == 0 else { throw SystemError(code: errno) }
    self.init(status)
  }

  /// Asks for an open file.
  init(ofDescriptor descriptor: Int32) throws(SystemError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError(code: errno) }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFLNK: .link
      default: .special
      }
    identity = Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      number: UInt64(truncatingIfNeeded: status.st_ino)
    )
    size = Int(status.st_size)
  }
}

/// An error of the system's.
struct SystemError: Error, Hashable, Sendable {
  let code: Int32

  /// There is no such file.
  static let noEntry = Self(code: ENOENT)
  /// A part of the path is no folder.
  static let notFolder = Self(code: ENOTDIR)
  /// Symbolic links lead in a circle.
  static let linkLoop = Self(code: ELOOP)

  /// What is wrong, in the system's words.
  var reason: String {
    if self == .linkLoop { return "a symbolic link that leads in a circle" }
    guard let text = strerror(code) else { return "error \(code)" }
    let message = String(cString: text)
    return message.prefix(1).lowercased() + message.dropFirst()
  }
}

/// The system's calls about files.
enum FileSystem {
  /// The path without symbolic links, `.` and `..`.
  static func realPath(_ path: String) throws(SystemError) -> String {
    guard let resolved = realpath(path, nil) else { throw SystemError(code: errno) }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The names in a folder, in the order of their bytes, without `.` and `..`.
  ///
  /// - Returns: The names, and how many more there are that are not UTF-8.
  static func names(inFolder path: String) throws(SystemError) -> (names: [String], unreadable: Int)
  {
    guard let folder = opendir(path) else { throw SystemError(code: errno) }
    defer { closedir(folder) }
    var names: [String] = []
    var unreadable = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
          String(validatingCString: $0)
        }
      }
      guard let name else {
        unreadable += 1
        continue
      }
      if name != ".", name != ".." { names.append(name) }
    }
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return (names, unreadable)
  }

  /// The bytes of a regular file, if they are not more than a limit.
  ///
  /// A FIFO or a device is not waited for.
  static func contents(of path: String, limit: Int) throws(SystemError) -> Contents {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError(code: errno) }
    defer { close(descriptor) }
    let status = try FileStatus(ofDescriptor: descriptor)
    guard status.kind == .regular else { return .notRegular }
    guard status.size <= limit else { return .tooLarge }
    var bytes: [UInt8] = []
    // One byte more, so that the end is seen without another buffer.
    var capacity = status.size + 1
    while true {
      var failure: SystemError?
      let part = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        guard let base = buffer.baseAddress else { return }
        while count < capacity {
          let result = read(descriptor, base + count, capacity - count)
          if result == 0 { return }
          if result > 0 {
            count += result
          } else if errno != EINTR {
            failure = SystemError(code: errno)
            return
          }
        }
      }
      if let failure { throw failure }
      bytes = bytes.isEmpty ? part : bytes + part
      if part.count < capacity { return .bytes(bytes) }
      guard bytes.count <= limit else { return .tooLarge }
      capacity = 1 << 16
    }
  }

  enum Contents: Sendable {
    case bytes([UInt8])
    case notRegular
    case tooLarge
  }
}
