import ArgumentParser
import Findings
import NTReleases
import Reports
import Testing

@testable import LockstepCommands

@Suite struct RunCommandTests {
  /// Says what it was asked for.
  private struct Recorder: DriverRunning {
    func run(
      _ driver: InputDriver,
      together others: [InputDriver],
      companions: [InputDriver],
      releases: [Release],
      options: RunOptions
    ) async throws -> DriverReport {
      let names = companions.map(\.file.name).joined(separator: "+")
      let text =
        "\(names) \(options.seed) \(options.budget ?? 0) \(options.reading?.rawValue ?? "-")"
      let results = releases.map { release in
        ReleaseResult(
          release: release,
          runs: [
            RunRecord(
              driver: driver.file,
              release: release,
              architecture: driver.platform.rawValue,
              reading: options.reading ?? .literal,
              outcome: .completed,
              verdict: .right,
              findings: [],
              unmodelled: [],
              assumptions: [text],
              dependsOnReading: false,
              instructions: 0,
              events: [],
              duration: 0
            )
          ]
        )
      }
      return DriverReport(
        driver: driver.file,
        together: others.map(\.file),
        architecture: driver.platform.rawValue,
        results: results,
        divergence: nil
      )
    }
  }

  private func reports(_ arguments: [String]) async throws -> [DriverReport] {
    try await RunCommand.parse(arguments).report(with: Recorder())
  }

  /// The line and status that arguments give.
  private func failure(_ arguments: [String]) async -> String {
    do {
      let command = try RootCommand.parseAsRoot(["run"] + arguments)
      guard let run = command as? RunCommand else { return "no run" }
      _ = try await run.report(with: Recorder())
      return "none"
    } catch {
      let failure = LockstepProgram.failure(for: error)
      return "\(failure.status.rawValue) \(failure.line)"
    }
  }

  @Test func `drivers of both processors run on the releases that theirs had`() async throws {
    let folder = try TemporaryFolder()
    let narrow = try folder.file("a.sys", ImageBuilder().bytes)
    let wide = try folder.file("b.sys", ImageBuilder(machine: 0x8664).bytes)
    let all = try await reports([narrow, wide])
    #expect(all.map(\.architecture) == ["x86", "x64"])
    #expect(all[0].results.map(\.release) == Release.allCases.filter { $0.runs(on: .x86) })
    #expect(all[1].results.map(\.release) == Release.allCases.filter { $0.runs(on: .x64) })
    let some = try await reports([narrow, wide, "--on", "win11_24h2,nt400sp3,win7"])
    #expect(some[0].results.map(\.release) == [.nt400sp3, .win7])
    #expect(some[1].results.map(\.release) == [.win7, .win11_24h2])
  }

  @Test func `what does not go together is said`() async throws {
    let folder = try TemporaryFolder()
    let driver = try folder.file("a.sys", ImageBuilder().bytes)
    #expect(await failure([driver, "--continue"]) == "none")
    let line = await failure([driver, "--continue", "--inject"])
    #expect(line.hasPrefix("2 ") && line.contains("--inject and --continue do not go together"))
  }

  @Test func `options and companions reach the runner`() async throws {
    let folder = try TemporaryFolder()
    let first = try folder.file("a.sys", ImageBuilder().bytes)
    let second = try folder.file("b.sys", ImageBuilder().bytes)
    let other = try folder.file("c.sys", ImageBuilder(machine: 0x8664).bytes)
    let reports = try await reports([
      first, second, other, "--seed", "7", "--budget", "9", "--reading", "consistent",
    ])
    let texts = reports.map { $0.results.first?.runs.first?.assumptions.first }
    #expect(texts == ["b.sys 7 9 consistent", "a.sys 7 9 consistent", " 7 9 consistent"])
    #expect(reports[0].driver.name == "a.sys" && reports[0].driver.path == first)
    #expect(reports[0].driver.sha256 == SHA256.hexadecimal(of: ImageBuilder().bytes))
  }

  @Test func `bad files have one line and status 2`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let good = ImageBuilder().bytes
    let program = try folder.file("program.exe", ImageBuilder(subsystem: 3).bytes)
    let files: [(String, String)] = [
      ("\(path)/none.sys", "no such file"),
      (path, "a directory, not a driver; name its .sys files"),
      ("/dev/null", "not a regular file"),
      (try folder.file("empty.sys", []), "the file is empty"),
      (try folder.file("text.sys", Array("hello".utf8)), "not a PE image: no MZ header"),
    ]
    for (file, reason) in files {
      #expect(await failure([file]) == "2 lockstep: \(file): \(reason)")
    }
    #expect(await failure([program]).contains("user-mode program"))
    let arm = try folder.file("arm.sys", ImageBuilder(machine: 0xAA64).bytes)
    #expect(await failure([arm]).hasPrefix("2 lockstep: \(arm): built for ARM64"))
    let cut = try folder.file("cut.sys", Array(good[..<0x300]))
    #expect(await failure([cut]).hasPrefix("2 lockstep: \(cut): "))
    for file in [program, arm, cut] { #expect(await !failure([file]).contains("\n")) }
  }

  @Test func `a file that is too large is not read`() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("large.sys", [UInt8](repeating: 0, count: (64 << 20) + 1))
    #expect(
      await failure([path]) == "2 lockstep: \(path): larger than 64 MiB, which no driver is"
    )
  }

  @Test func `bad arguments have one line and status 2`() async throws {
    let folder = try TemporaryFolder()
    let driver = try folder.file("a.sys", ImageBuilder(machine: 0x8664).bytes)
    let line = await failure([driver, "--on", "nt400sp"])
    #expect(line.hasPrefix("2 lockstep: unknown release 'nt400sp'; did you mean "))
    #expect(line.contains("nt400sp1, nt400sp2") && line.hasSuffix("?"))
    #expect(
      await failure([driver, "--on", "zzzzzzzz"])
        == "2 lockstep: unknown release 'zzzzzzzz'; `lockstep releases` lists them all"
    )
    #expect(
      await failure([driver, "--on", "win7,nt400"])
        == "2 lockstep: nt400 (Windows NT 4.0) never ran on x64, for which a.sys is built; x64 had "
        + "releases from ws03sp1 to win11_24h2"
    )
    #expect(
      await failure([driver, "--scenario", "/nowhere.yaml"])
        == "2 lockstep: /nowhere.yaml: no such file"
    )
    for arguments in [
      [], [driver, "--on", ""], [driver, "--on"], [driver, "--seed", "x"],
      [driver, "--budget", "0"],
      [driver, "--reading", "both"], [driver, "--format", "xml"], [driver, "--nonsense"],
    ] {
      let line = await failure(arguments)
      #expect(line.hasPrefix("2 lockstep: ") && !line.contains("\n"), "\(arguments): \(line)")
    }
  }

  @Test func `what is no one's fault but ours is status 4`() {
    struct Broken: Error {}
    let failure = LockstepProgram.failure(for: Broken())
    #expect(
      failure.status == .internalError && failure.line.hasPrefix("lockstep: internal error: ")
    )
  }

  @Test func `control characters do not reach the terminal`() {
    let failure = LockstepProgram.failure(for: UserError("bad\u{1B}[31m\nname"))
    #expect(failure.line == "lockstep: bad?[31m name")
  }

  @Test func `help teaches by example`() {
    let commands: [any ParsableCommand.Type] = [
      RunCommand.self, InspectCommand.self, ReleasesCommand.self, ExplainCommand.self,
    ]
    for command in commands {
      let help = RootCommand.helpMessage(for: command, columns: 80)
      let name = command.configuration.commandName ?? ""
      #expect(help.contains("EXAMPLES\n  lockstep \(name)"), "\(name)")
    }
  }
}
