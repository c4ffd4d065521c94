internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures

/// A kernel without a processor, whose routines are called by name as a driver calls them.
final class DriverCalls {
  let kernel: Kernel
  private let table: ExportTable
  private let events = Events()

  var memory: AddressSpace { kernel.memory }
  var manager: MemoryManager { kernel.manager }

  /// The rules that were broken so far.
  var violations: [Violation] { events.violations }

  init(_ release: Release, _ architecture: Architecture, seed: UInt64, memorySize: Int) throws {
    kernel = try Kernel(
      Kernel.Configuration(
        release: release,
        architecture: architecture,
        reading: .literal,
        seed: seed,
        memorySize: memorySize
      ),
      sink: events,
      addressOfExport: { throw Unmodelled($0) }
    )
    table = ExportTable(kernel.exports)
  }

  private final class Events: KernelEventSink {
    var violations: [Violation] = []

    func record(_ event: KernelEvent) {
      if case .violation(let violation) = event { violations.append(violation) }
    }
  }

  /// Calls a routine that neither waits nor calls back.
  @discardableResult
  func call<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> UInt64 {
    guard let index = table.index(of: name) else { throw Difference("\(name) is not declared") }
    var registers = CallFrame.Registers()
    registers.rsp = (kernel.dispatcher.current.stack.upperBound + -0x100).rawValue
    let place = VirtualAddress(rawValue: 0x1234)
    registers = try GuestFunction<UInt64, repeat each Argument>(.null)
      .call(repeat each argument, convention: table.exports[index].convention)
      .registers(from: registers, in: memory, returningTo: place)
    var frame = CallFrame(memory: memory, registers: registers)
    kernel.context.caller = place
    try table.call(index, &frame, returningTo: place)
    guard frame.completion == nil else { throw Difference("\(name) does not return at once") }
    let after = frame.registers
    return memory.architecture == .x86 ? after.rax | after.rdx << 32 : after.rax
  }

  func pointer<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> VirtualAddress {
    let bits = try call(name, repeat each argument)
    return VirtualAddress(rawValue: memory.architecture == .x86 ? bits & 0xFFFF_FFFF : bits)
  }
}
