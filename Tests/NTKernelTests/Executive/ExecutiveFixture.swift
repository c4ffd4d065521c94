import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// A kernel of one release without a processor: the test is the driver.
final class ExecutiveFixture {
  let kernel: Kernel
  let table: ExportTable
  private let addresses: Addresses

  /// What the driver's routines do when the kernel calls them.
  var routines: [VirtualAddress: (GuestCall) throws -> UInt64] = [:]

  init(_ architecture: Architecture) throws {
    let last = Release.allCases.last { $0.addressLimits(for: architecture.platform) != nil }
    let release = try #require(last)
    let addresses = Addresses(architecture)
    self.addresses = addresses
    kernel = try Kernel(
      Kernel.Configuration(
        release: release,
        architecture: architecture,
        reading: .literal,
        seed: 1,
        memorySize: 32 << 20
      ),
      sink: addresses,
      addressOfExport: { addresses.address(of: $0) }
    )
    table = ExportTable(kernel.exports)
  }

  /// Where the routines of the kernel are, as far as anybody asked.
  private final class Addresses: KernelEventSink {
    private var base: VirtualAddress
    private(set) var names: [VirtualAddress: String] = [:]

    init(_ architecture: Architecture) {
      base = VirtualAddress(
        rawValue: architecture == .x86 ? 0x8060_0000 : 0xFFFF_F800_0260_0000
      )
    }

    func address(of name: String) -> VirtualAddress {
      if let known = names.first(where: { $0.value == name }) { return known.key }
      base = base + 16
      names[base] = name
      return base
    }

    func record(_ event: KernelEvent) {}
  }

  var memory: AddressSpace { kernel.memory }
  var dispatcher: Dispatcher { kernel.dispatcher }

  /// Returns the name of the kernel's routine at an address.
  func routine(at address: VirtualAddress) -> String? { addresses.names[address] }

  /// Returns zeroed memory of the driver's, aligned to 16 bytes.
  func allocate(_ byteCount: Int) throws -> VirtualAddress {
    let block = try kernel.manager.allocatePool((byteCount + 15) & ~15, .nonpaged, tag: 0x7473_6554)
    let address = try #require(block)
    try memory.fill(at: address, count: byteCount)
    return address
  }

  /// Calls a routine as a driver does, and carries out its completions.
  ///
  /// - Returns: Its result, or nil if the thread waits.
  func start<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument,
    convention: CallingConvention = .nt
  ) throws -> UInt64? {
    let call = GuestFunction<UInt64, repeat each Argument>(.null).call(repeat each argument)
    var arguments = call
    if convention == .fastcall, memory.architecture == .x86 {
      let bits = call.arguments.map(\.bits)
      #expect(bits.count <= 2)
      arguments =
        bits.count == 1
        ? GuestCall(.null, bits[0], convention: .fastcall)
        : GuestCall(.null, bits[0], bits[1], convention: .fastcall)
    }
    return try perform(name, arguments)
  }

  /// Calls a routine that does not wait.
  @discardableResult
  func call<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument,
    convention: CallingConvention = .nt
  ) throws -> UInt64 {
    let result = try start(name, repeat each argument, convention: convention)
    return try #require(result)
  }

  func perform(_ name: String, _ call: GuestCall) throws -> UInt64? {
    var registers = CallFrame.Registers()
    registers.rsp = dispatcher.current.stack.upperBound.rawValue - 0x100
    let before = registers.rsp
    let place = VirtualAddress(rawValue: 0x1234)
    registers = try call.registers(from: registers, in: memory, returningTo: place)
    var frame = CallFrame(memory: memory, registers: registers)
    let found = table.index(of: name)
    let index = try #require(found, "\(name)")
    try table.call(index, &frame, returningTo: place)
    if memory.architecture == .x86 { #expect(frame.registers.rsp == before, "\(name)") }
    guard let completion = frame.completion else {
      return memory.architecture == .x86
        ? frame.registers.rax & 0xFFFF_FFFF | frame.registers.rdx << 32 : frame.registers.rax
    }
    return try carryOut(completion)
  }

  /// Carries a completion out.
  ///
  /// - Returns: What it comes to, or nil if the thread waits.
  func carryOut(_ completion: Completion) throws -> UInt64? {
    var completion = completion
    while true {
      switch completion {
      case .value(let bits): return bits
      case .call(let call, let then):
        let routine = try #require(routines[call.function], "\(call.function)")
        completion = try then(routine(call))
      case .wait, .exitThread, .resume: return nil
      }
    }
  }

  /// Makes a thread, and lets it run now.
  func switchToNewThread() throws -> KernelThread {
    let thread = try dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x4444)))
    return try switchTo(thread)
  }

  /// Lets a thread that is ready run now.
  @discardableResult
  func switchTo(_ thread: KernelThread) throws -> KernelThread {
    for _ in 0..<10 where dispatcher.current !== thread {
      _ = try dispatcher.schedule()
    }
    #expect(dispatcher.current === thread)
    return thread
  }

  /// Lets a new thread of the kernel's run its first routine.
  func runNewThread() throws {
    let found = dispatcher.threads.last
    let thread = try switchTo(#require(found))
    let start = try #require(thread.start)
    let name = routine(at: start.function)
    _ = try perform(#require(name), start)
    try dispatcher.terminateCurrent()
    _ = try dispatcher.schedule()
  }

  /// Returns what stops a call.
  func unmodelled(_ body: () throws -> some Any) -> String? {
    do {
      _ = try body()
      return nil
    } catch let error as Unmodelled {
      return error.name
    } catch {
      return "\(error)"
    }
  }
}
