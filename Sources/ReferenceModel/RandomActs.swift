public import GuestABI
internal import NTKernel
public import NTReleases
internal import NTStructures

/// A random sequence of what drivers do with MDLs, pools, locks, mappings and processes, done to the
/// kernel's model and to a much simpler one at once.
///
/// The simple model knows blocks of bytes and who sees which of them. Each result of the kernel is
/// compared with what follows from that, and between acts frames, reference counts and page tables are.
public struct RandomActs {
  /// The release whose kernel does the acts.
  public let release: Release
  /// The acts done so far.
  public private(set) var count = 0

  let calls: DriverCalls
  /// What the release is expected to do: the release itself, but where a test wants a difference found.
  let expectations: Expectations
  var state = ReferenceState()
  var generator: SeededGenerator
  private let seed: UInt64
  private let frameCountAtStart: Int
  /// The violations that acts were meant to be.
  var expectedViolations = 0

  /// Creates a kernel and a reference in which nothing has happened.
  ///
  /// - Parameters:
  ///   - release: The release of the kernel.
  ///   - architecture: One that the release runs on.
  ///   - seed: What decides the acts and the order of frames.
  ///   - reference: The release that the reference goes by, if it is another one.
  /// - Throws: `Unmodelled` if the release does not run on the architecture.
  public init(
    _ release: Release,
    _ architecture: Architecture,
    seed: UInt64,
    reference: Release? = nil
  ) throws {
    self.release = release
    self.seed = seed
    expectations = Expectations(of: reference ?? release)
    generator = SeededGenerator(seed: seed)
    calls = try DriverCalls(release, architecture, seed: seed, memorySize: 32 << 20)
    state.processes[0] = calls.kernel.processes.system
    frameCountAtStart = calls.manager.frames.freeCount
  }

  /// Does acts, and compares.
  ///
  /// - Parameter count: How many.
  /// - Throws: ``Mismatch`` at the first difference.
  public mutating func run(_ count: Int) throws {
    for _ in 0..<count {
      let act = Act.all[Int.random(in: 0..<Act.all.count, using: &generator)]
      try reporting(act.name) { try act.body(&$0) }
      if self.count % 64 == 0 { try reporting("invariants") { try $0.checkInvariants() } }
      self.count += 1
    }
    try reporting("invariants") { try $0.checkInvariants() }
  }

  /// Undoes everything that was done, and checks that nothing is left.
  ///
  /// - Throws: ``Mismatch`` if something is.
  public mutating func finish() throws {
    try reporting("the end") { acts in
      for number in acts.state.lists.keys.sorted() { try acts.remove(list: number) }
      for number in acts.state.blocks.keys.sorted() { try acts.remove(block: number) }
      for number in acts.state.processes.keys.sorted() where number != 0 {
        try acts.endProcess(number)
      }
      let manager = acts.calls.manager
      try expect(manager.liveMappings.count, 0, "the number of mappings left")
      try expect(manager.lockedMDLs.count, 0, "the number of locks left")
      try expect(manager.spaces.count, 1, "the number of processes left")
      try expect(
        acts.calls.violations.count,
        acts.expectedViolations,
        "the number of broken rules (\(acts.calls.violations.last?.detail ?? ""))"
      )
      // Page tables and the pages from which small blocks of pool are carved stay.
      let uses = (0..<manager.frames.ram.frameCount).map {
        manager.frames.use(of: FrameNumber($0))
      }
      try expect(uses.count { $0 == .user || $0 == .contiguous }, 0, "the number of frames left")
    }
  }

  private mutating func reporting(
    _ name: String,
    _ body: (inout Self) throws -> Void
  ) throws {
    do {
      try body(&self)
    } catch {
      let detail = (error as? Difference)?.detail ?? "\(error)"
      throw Mismatch(release: release, act: count, name: name, detail: detail, seed: seed)
    }
  }
}

/// What the reference expects of a release: the sentences of the documents, one property each.
struct Expectations {
  /// Whether a mapped address is that of the buffer, or of its page (KB199311).
  let mappedAddressIncludesOffset: Bool
  /// Whether a process that ends with locked pages stops the system (KD-034).
  let processExitStops: Bool
  let hasSpecifyCache: Bool
  let hasPageAllocation: Bool

  init(of release: Release) {
    mappedAddressIncludesOffset = release.isAtLeast("nt400sp4")
    hasSpecifyCache = release.isAtLeast("nt400sp4")
    processExitStops = release.isAtLeast("w2k")
    hasPageAllocation = release.isAtLeast("w2k")
  }
}

extension Release {
  fileprivate func isAtLeast(_ id: String) -> Bool {
    guard let first = Release(id: id) else { return false }
    return self >= first
  }
}
