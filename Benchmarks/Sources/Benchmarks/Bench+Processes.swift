import Foundation
import GuestABI
import NTReleases

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Whole processes: `lockstep` as a user starts it.
///
/// What is used by programs that it starts, such as `llvm-symbolizer`, counts. From a shell:
/// `/usr/bin/time -f '%e s, %M KiB' .build/release/lockstep run DRIVER.sys --on nt400sp3`.
extension Bench {
  /// Must be called first: until a process is replaced, the memory of this one is counted as its own.
  func processRows() throws -> [Row] {
    let program = checkout.appending(path: ".build/release/lockstep").path()
    guard FileManager.default.isExecutableFile(atPath: program) else {
      print("(no \(program): make build builds it)")
      return []
    }
    return try Architecture.allCases.flatMap { architecture in
      let driver = driverFile(architecture).path()
      guard FileManager.default.isReadableFile(atPath: driver) else { return [Row]() }
      let release = try Self.release(architecture).id
      let one = try measure(program, ["run", driver, "--on", release], turns: 15)
      let all = try measure(program, ["run", driver, "--on", "all"], turns: 5)
      return [
        Row("process: one release, \(architecture)", one.time, .seconds(0.05)),
        Row("process: its memory, \(architecture)", one.memory, .bytes(40 * 0x10_0000)),
        Row("process: all releases, \(architecture)", all.time, .seconds(1.1)),
        Row("process: its memory, \(architecture)", all.memory, .bytes(nil)),
      ]
    }
  }

  private func measure(
    _ program: String,
    _ arguments: [String],
    turns: Int
  ) throws -> (time: Double, memory: Double) {
    var times: [Double] = []
    var memory = 0.0
    for _ in 0..<turns {
      var usage = rusage()
      times.append(try seconds { usage = try run(program, arguments) })
      memory = max(memory, Double(usage.ru_maxrss) * 1024)
    }
    return (Samples(times).median, memory)
  }

  /// Runs a program, whose output is thrown away, and returns what it used.
  private func run(_ program: String, _ arguments: [String]) throws -> rusage {
    var words = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in 0...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var process = pid_t()
    guard posix_spawn(&process, program, &actions, nil, words, environ) == 0 else {
      throw GuestFailure(description: "\(program) cannot be started")
    }
    var status: Int32 = 0
    var usage = rusage()
    guard wait4(process, &status, 0, &usage) == process, status & 0x7F == 0 else {
      throw GuestFailure(description: "\(program) crashed")
    }
    return usage
  }
}
