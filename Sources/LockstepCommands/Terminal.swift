#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Where the program writes: results to standard output, all else to standard error.
enum Terminal {
  /// Whether results may have colours: on a terminal, unless `NO_COLOR` or `TERM=dumb` says no.
  static var usesColour: Bool {
    isatty(STDOUT_FILENO) == 1 && (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb"
  }

  /// The columns of the page: the terminal's, or 100.
  static var width: Int {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
      size.ws_col > 0
    else { return 100 }
    return min(Int(size.ws_col), 160)
  }

  /// An environment variable.
  static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// Writes a result.
  static func print(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0), to: STDOUT_FILENO) }
  }

  /// Writes a result in any encoding, that came from files as it is; on a terminal, without what could
  /// harm it.
  static func print(bytes: [UInt8]) throws {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let shown =
      isTerminal ? bytes.filter { $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x09 } : bytes
    try shown.withUnsafeBytes { try write($0, to: STDOUT_FILENO) }
  }

  /// Writes a line to standard error.
  static func log(_ line: String) {
    try? Array((line + "\n").utf8).withUnsafeBytes { try write($0, to: STDERR_FILENO) }
  }

  /// Writes all of some bytes.
  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
    var written = 0
    while written < bytes.count, let start = bytes.baseAddress {
      let count = systemWrite(descriptor, start + written, bytes.count - written)
      if count < 0 {
        if errno == EINTR { continue }
        throw WriteError(code: errno)
      }
      written += count
    }
  }

  struct WriteError: Error, CustomStringConvertible {
    let code: Int32
    var description: String {
      "cannot write: " + (strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
  }
}

private func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}
