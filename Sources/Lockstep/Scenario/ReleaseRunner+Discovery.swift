internal import Findings
internal import GuestABI
internal import GuestEngine
internal import NTKernel
internal import NTReleases
internal import NTStructures

extension ReleaseRunner {
  /// Finds the control codes that a driver compares against, by watching it run.
  ///
  /// The driver is started once, on the latest of the releases that can load it; every release is then
  /// sent the same codes. A driver that cannot be watched has none.
  func discoverControlCodes(
    of set: DriverSet,
    on releases: [Release],
    _ options: Options
  ) throws -> [UInt32] {
    for release in releases.reversed() {
      guard var watch = try Watch(self, set, release, options) else { continue }
      var explorer = ControlCodeExplorer()
      while let markers = explorer.nextMarkers() {
        guard let first = try watch.send(markers.0), let second = try watch.send(markers.1) else {
          // The code stopped the machine: go on with a fresh one.
          guard let next = try Watch(self, set, release, options) else { break }
          watch = next
          continue
        }
        explorer.add(first: first, second: second)
      }
      return explorer.codes
    }
    return []
  }

  /// A driver that is started and watched.
  private struct Watch {
    private let session: DriverSession
    private let watcher: ComparisonWatcher

    /// Starts a driver and opens its devices; nil if it cannot be loaded or has none.
    init?(
      _ runner: ReleaseRunner,
      _ set: DriverSet,
      _ release: Release,
      _ options: Options
    ) throws {
      let machine = try runner.makeMachine(
        for: set,
        release,
        options.reading ?? .literal,
        options
      )
      // A driver that needs what is not modelled may know codes all the same.
      machine.continuesPastUnmodelled = options.continuesPastUnmodelled
      session = DriverSession(machine, set)
      watcher = ComparisonWatcher(machine)
      try session.start()
      guard session.end == nil, let range = session.watchedRange else { return nil }
      try session.run(Scenario(steps: Scenario.arrival + [.init(.open(nil))]))
      guard session.end == nil, session.hasOpenDevices else { return nil }
      machine.engine.observeInstructions(in: range, with: watcher)
    }

    /// Sends the driver a control code.
    ///
    /// - Returns: What it compared, or nil if that stopped the machine.
    func send(_ code: UInt32) throws -> [ComparisonRecorder.Observation]? {
      watcher.recorder.reset()
      let buffer = Scenario.Buffer(size: 0x1000)
      let step = Scenario.Step(.control(code: code, input: buffer, output: buffer))
      try session.run(Scenario(steps: [step]))
      return session.end == nil ? watcher.recorder.observations : nil
    }
  }
}

/// Hands the instructions that a machine executes to a recorder.
private final class ComparisonWatcher: InstructionObserver {
  var recorder: ComparisonRecorder
  private let memory: AddressSpace

  init(_ machine: Machine) {
    memory = machine.memory
    recorder = ComparisonRecorder(architecture: memory.architecture)
  }

  func willExecute(at address: VirtualAddress, engine: any Engine) {
    recorder.willExecute(
      at: address,
      code: { self.bytes(at: address) },
      register: { engine.generalRegister($0) },
      load32: { self.load32($0) }
    )
  }

  /// Reads without an effect on the machine: a byte behind the end of memory is left out.
  private func bytes(at address: VirtualAddress) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<16 {
      let place = address + index
      guard let page = memory.tables.translate(place), memory.ram.contains(page.frame) else {
        break
      }
      bytes.append((memory.ram.host(page.frame) + place.offsetInPage).load(as: UInt8.self))
    }
    return bytes
  }

  private func load32(_ address: VirtualAddress) -> UInt32? {
    let bytes = bytes(at: address).prefix(4)
    guard bytes.count == 4 else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
