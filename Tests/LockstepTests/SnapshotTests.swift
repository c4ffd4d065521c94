import Findings
import GuestABI
import NTReleases
import Snapshots
import Testing

@testable import Lockstep

/// Whole machines, brought back to where they were.
@Suite struct MachineSnapshotTests {
  @Test func `every test driver runs the same after a restore, and nothing is forgotten`() throws {
    // The oldest release, one of each era, the newest.
    let count = try DriverFixture.testDriverPaths().count {
      try check($0, [.nt310, .nt400sp3, .wxpsp2, .win10_1607], [.ws03sp1, .win11_24h2])
    }
    #expect(count > 100)
  }

  @Test func `every real driver runs the same after a restore, and nothing is forgotten`() throws {
    let count = try DriverFixture.thirdPartyPaths().count {
      try check($0, [.w2ksp4, .wxpsp2, .win7], [.win7, .win10_1607])
    }
    #expect(count >= 12)
  }

  /// Checks a driver on one of the releases, and returns whether the release loads it.
  private func check(_ path: String, _ x86: [Release], _ x64: [Release]) throws -> Bool {
    let driver = try DriverFixture.driver(at: path)
    let releases = driver.architecture == .x86 ? x86 : x64
    // Each driver on one release from one place: all of them on all releases from both places.
    let choice = path.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF
    let release = releases[choice % releases.count]
    let runner = try DriverFixture.runner()
    let options = ReleaseRunner.Options(budget: 300_000)
    let set = DriverSet(members: [driver], companions: [])
    let machine = try runner.makeMachine(for: set, release, .literal, options)
    let session = DriverSession(machine, set)
    try session.load()
    guard session.end == nil else { return false }
    let scenario = Scenario.standard(controlCodes: [0x22_2000, 0x22_2003])
    let place: Comment = "\(driver.file.name) on \(release.id)"
    // Looking at every object takes most of the time.
    let dumps = choice / 8 % 3 == 0
    if choice / 4 % 2 == 0 {
      try compare(session, place, dumps) {
        try session.initialise()
        if session.end == nil { try session.run(scenario) }
      }
    } else {
      try session.initialise()
      guard session.end == nil else { return true }
      for index in 0..<3 where session.end == nil { try session.run(scenario, index) }
      try compare(session, place, dumps) {
        for index in 3..<scenario.steps.count where session.end == nil {
          try session.run(scenario, index)
        }
      }
    }
    return true
  }

  /// Runs a session twice from a snapshot, and compares the runs, and the states from which they began.
  private func compare(
    _ session: DriverSession,
    _ place: Comment,
    _ dumps: Bool,
    _ run: () throws -> Void
  ) throws {
    let machine = session.machine
    let snapshot = Snapshot(of: session)
    let before = dumps ? StateDump(of: session) : nil
    try run()
    let events = session.log.events
    let instructions = machine.instructionCount
    let memory = machine.memory.ram.digest
    snapshot.restore()
    try run()
    #expect(session.log.events == events, place)
    #expect(machine.instructionCount == instructions, place)
    #expect(machine.memory.ram.digest == memory, place)
    guard let before else { return }
    #expect(before.problems.isEmpty, place)
    snapshot.restore()
    let differences = StateDump(of: session).differences(from: before)
    #expect(differences.isEmpty, place)
  }
}
