#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A short run of another program, for what it prints.
enum ChildProcess {
  /// The most that is read of a program's output, in bytes.
  private static let mostOutput = 8 << 20

  /// Runs a program without input and environment.
  ///
  /// The environment is empty so that the program does the same for everyone, and asks no server.
  ///
  /// - Returns: What it printed, or nil if it failed, printed too much or took too long.
  static func output(
    of path: String,
    _ arguments: [String],
    milliseconds: Int
  ) -> String? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    defer { close(ends[0]) }
    let process = spawn(path, arguments, output: ends[1])
    close(ends[1])
    guard let process else { return nil }
    let bytes = read(ends[0], until: now() + milliseconds)
    if bytes == nil { kill(process, SIGKILL) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return nil } }
    guard let bytes, status == 0 else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func spawn(_ path: String, _ arguments: [String], output: Int32) -> pid_t? {
    #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
    #else
    var actions = posix_spawn_file_actions_t()
    #endif
    guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var process = pid_t()
    let status = posix_spawn(&process, path, &actions, nil, &words, &environment)
    return status == 0 ? process : nil
  }

  /// Reads until the end, or gives up.
  private static func read(_ descriptor: Int32, until deadline: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= mostOutput {
      let left = deadline - now()
      guard left > 0 else { return nil }
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wanted, 1, Int32(clamping: left)) > 0 else {
        guard errno == EINTR else { return nil }
        continue
      }
      let count = systemRead(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
    return nil
  }

  /// The milliseconds of a clock that only runs forwards.
  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
  }
}

/// The function `read`, which has the name of methods here.
func systemRead(_ descriptor: Int32, _ start: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, start, count)
}
