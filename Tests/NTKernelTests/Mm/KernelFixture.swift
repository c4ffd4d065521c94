import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// A whole kernel without a processor, whose routines can be called as a driver calls them.
final class KernelFixture: KernelEventSink {
  private(set) var kernel: Kernel
  private let table: ExportTable
  private(set) var events: [KernelEvent] = []

  /// What the driver's routines do when the kernel calls them.
  var routines: [VirtualAddress: (GuestCall) throws -> UInt64] = [:]
  private var nextRoutine = VirtualAddress(rawValue: 0x7000_0000)

  var memory: AddressSpace { kernel.memory }
  var manager: MemoryManager { kernel.manager }
  var dispatcher: Dispatcher { kernel.dispatcher }
  var architecture: Architecture { memory.architecture }

  init(
    _ release: Release,
    _ architecture: Architecture,
    reading: Reading = .literal,
    seed: UInt64 = 1,
    memorySize: Int = 16 << 20
  ) throws {
    let sink = Forwarder()
    kernel = try Kernel(
      Kernel.Configuration(
        release: release,
        architecture: architecture,
        reading: reading,
        seed: seed,
        memorySize: memorySize
      ),
      sink: sink,
      addressOfExport: { _ in VirtualAddress(rawValue: 0x7FFF_0000) }
    )
    table = ExportTable(kernel.exports)
    forwarder = sink
    sink.target = self
  }

  private let forwarder: Forwarder

  func record(_ event: KernelEvent) { events.append(event) }

  /// The rules that were broken so far.
  var violations: [Violation.Rule] {
    events.compactMap { if case .violation(let violation) = $0 { violation.rule } else { nil } }
  }

  /// The thread has to wait.
  struct Waits: Error {}

  /// Calls a routine, and carries out its completions.
  @discardableResult
  func call<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> UInt64 {
    let found = table.index(of: name)
    let index = try #require(found, "\(name) is not declared")
    let convention = table.exports[index].convention
    let function = GuestFunction<UInt64, repeat each Argument>(.null)
    var registers = CallFrame.Registers()
    registers.rsp = (dispatcher.current.stack.upperBound + -0x100).rawValue
    let before = registers.rsp
    let returnAddress = VirtualAddress(rawValue: 0x1234)
    registers = try function.call(repeat each argument, convention: convention)
      .registers(from: registers, in: memory, returningTo: returnAddress)
    var frame = CallFrame(memory: memory, registers: registers)
    kernel.context.caller = returnAddress
    try table.call(index, &frame, returningTo: returnAddress)
    let after = frame.registers
    #expect(after.rip == returnAddress.rawValue)
    if architecture == .x86, convention != .cdecl { #expect(after.rsp == before) }
    guard let completion = frame.completion else {
      return architecture == .x86 ? after.rax | after.rdx << 32 : after.rax
    }
    return try carryOut(completion)
  }

  /// Carries out what a routine of the kernel leaves to do.
  func carryOut(_ completion: Completion) throws -> UInt64 {
    var completion = completion
    while true {
      switch completion {
      case .value(let bits): return bits
      case .call(let call, let then):
        let routine = try #require(routines[call.function], "no routine at \(call.function)")
        completion = try then(routine(call))
      case .wait, .exitThread, .resume: throw Waits()
      }
    }
  }

  /// Makes a routine of the driver, and returns where it is.
  func routine(_ body: @escaping (GuestCall) throws -> UInt64) -> VirtualAddress {
    nextRoutine = nextRoutine + 16
    routines[nextRoutine] = body
    return nextRoutine
  }

  func pointer<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> VirtualAddress {
    VirtualAddress(rawValue: try call(name, repeat each argument))
  }

  func status<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> NTStatus {
    NTStatus(guestBits: try call(name, repeat each argument))
  }

  /// Allocates nonpaged memory that is all zero.
  func allocate(_ byteCount: Int) throws -> VirtualAddress {
    let address = try manager.allocatePool(byteCount, .nonpaged, tag: 0x7473_6554)
    let block = try #require(address)
    try memory.fill(at: block, count: byteCount)
    return block
  }

  /// The frames behind a range of pages.
  func frames(at address: VirtualAddress, _ count: Int) -> [FrameNumber?] {
    (0..<count).map { memory.tables.translate(address + $0 * 4096)?.frame }
  }

  private final class Forwarder: KernelEventSink {
    weak var target: KernelFixture?
    func record(_ event: KernelEvent) { target?.record(event) }
  }
}

extension Release {
  /// The releases that run on an architecture.
  static func all(on architecture: Architecture) -> [Release] {
    allCases.filter { $0.runs(on: architecture == .x86 ? .x86 : .x64) }
  }
}

/// A release on an architecture.
struct Host: Sendable, CustomTestStringConvertible {
  let release: Release
  let architecture: Architecture

  var testDescription: String { "\(release.id) \(architecture.name)" }

  /// Every release on each architecture that it runs on.
  static let all = Architecture.allCases.flatMap { architecture in
    Release.all(on: architecture).map { Host(release: $0, architecture: architecture) }
  }

  /// One release for each kind of page tables and pointer.
  static let few = [
    Host(release: .nt400sp3, architecture: .x86), Host(release: .win8, architecture: .x86),
    Host(release: .win7, architecture: .x64),
  ]

  func fixture(_ reading: Reading = .literal, seed: UInt64 = 1) throws -> KernelFixture {
    try KernelFixture(release, architecture, reading: reading, seed: seed)
  }
}
