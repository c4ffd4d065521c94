internal import ArgumentParser
internal import Reports

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The program.
public enum LockstepProgram {
  /// Does what the command line says, and ends the process.
  public static func main() async -> Never {
    exit(await run(Array(CommandLine.arguments.dropFirst())))
  }

  /// Does what arguments say.
  ///
  /// - Returns: The exit status.
  static func run(_ arguments: [String]) async -> Int32 {
    do {
      var command = try RootCommand.parseAsRoot(CheckCommand.normalised(arguments))
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return ExitStatus.clean.rawValue
    } catch {
      return end(error)
    }
  }

  /// Says in one line what went wrong.
  private static func end(_ error: any Error) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    if RootCommand.exitCode(for: error) == .success {
      // Help is a result.
      try? Terminal.print(RootCommand.fullMessage(for: error) + "\n")
      return ExitStatus.clean.rawValue
    }
    let failure = failure(for: error)
    Terminal.log(failure.line)
    return failure.status.rawValue
  }

  /// The line and the status for an error.
  static func failure(for error: any Error) -> (line: String, status: ExitStatus) {
    if let error = error as? UserError { return ("lockstep: " + oneLine(error.message), .usage) }
    let message = oneLine(RootCommand.message(for: error))
    guard RootCommand.exitCode(for: error) == .validationFailure else {
      return ("lockstep: internal error: " + message, .internalError)
    }
    return ("lockstep: \(message) (lockstep help says more)", .usage)
  }

  /// A text on one line that is safe for a terminal.
  private static func oneLine(_ text: String) -> String {
    let lines = text.split(whereSeparator: \.isNewline).map { line in
      String(line.drop { $0 == " " })
    }
    return String(
      String.UnicodeScalarView(
        lines.joined(separator: " ").unicodeScalars.map { scalar in
          scalar.properties.generalCategory == .control ? "?" : scalar
        }
      )
    )
  }
}

/// The command without a subcommand.
struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lockstep",
    abstract: "Run one Windows NT kernel driver on every NT release, without Windows.",
    discussion: """
      A driver that is right on one release of NT may be wrong on the next: what MmMapLockedPages \
      returns changed in NT 4.0 SP4 (KB199311), and it is not alone. Lockstep runs an unmodified .sys \
      file on the memory manager of each release from NT 3.1 to Windows 11, and says where, why and \
      how to fix it when the releases part.

      Nothing is guessed: each difference names its source, and what is not modelled is reported by \
      name.

      EXAMPLES
        lockstep run driver.sys
        lockstep inspect driver.sys
        lockstep check driver/
        lockstep releases nt400sp3 nt400sp4
        lockstep explain MmMapLockedPages
      """,
    subcommands: [
      RunCommand.self, InspectCommand.self, CheckCommand.self, ReleasesCommand.self,
      ExplainCommand.self,
    ]
  )
}
