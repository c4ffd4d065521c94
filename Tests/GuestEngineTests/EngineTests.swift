import GuestABI
import GuestEngine
import Testing
import UnicornEngine

/// Memory with a page of code, of slots, of data and of stack, and a descriptor table.
private struct Guest {
  let memory: AddressSpace
  let base: VirtualAddress
  var slots: VirtualAddress { base + 0x1000 }
  var data: VirtualAddress { base + 0x2000 }

  init(_ architecture: Architecture) throws {
    let format: PageTableFormat = architecture == .x64 ? .fourLevel : .twoLevel
    base = VirtualAddress(rawValue: architecture == .x64 ? 0xFFFF_F800_0000_0000 : 0x8000_0000)
    let ram = try GuestRAM(byteCount: 1 << 20)
    let tables = PageTables(ram: ram, format: format, root: PhysicalAddress(frame: 0))
    memory = AddressSpace(architecture: architecture, tables: tables)
    var next: FrameNumber = 8
    for page in 0..<5 {
      let entry = try tables.makeEntry(for: base + page * 4096) {
        next += 1
        return next
      }
      tables.store(HardwarePTE(FrameNumber(page + 1), [.present, .writable]), at: entry)
    }
    try memory.fill(at: slots, count: 4096, with: 0xF4)
    let table: [UInt64] =
      architecture == .x86
      ? [
        0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF,
        0x00CF_F300_0000_FFFF, 0, 0x0040_9300_0000_0FFF,
      ] : [0, 0, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF]
    for (index, descriptor) in table.enumerated() {
      try memory.store(descriptor, at: base + (0x4000 + index * 8))
    }
  }

  func makeUnicorn() throws -> any Engine {
    let checkout = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let library = try UnicornLibrary(
      paths: UnicornLibrary.defaultPaths(programPath: CommandLine.arguments[0])
        + ["/\(checkout)/.deps/unicorn-2.1.4/libunicorn.so.2"]
    )
    return try UnicornEngine(
      library: library,
      memory: memory,
      processor: ProcessorState(),
      configuration: .init(
        descriptorTable: base + 0x4000,
        descriptorTableSize: 0x40,
        exportSlots: slots..<slots + 0x1000
      )
    )
  }
}

@Suite struct EngineTests {
  /// Adds what a routine of the kernel returns to a number in memory, twice; then touches nothing.
  private func drive(_ guest: Guest, _ engine: any Engine) throws -> [Exit] {
    var registers = CallFrame.Registers()
    registers.rsp = (guest.base + 0x3F00).rawValue
    registers.rip = guest.base.rawValue
    registers.rcx = guest.data.rawValue
    registers.rdx = (guest.slots + 0x30).rawValue
    var exits: [Exit] = []
    for result in [UInt64(5), 7] {
      let exit = try engine.run(&registers)
      exits.append(exit)
      #expect(registers.rip == (guest.slots + 0x31).rawValue)
      let top = VirtualAddress(rawValue: registers.rsp)
      registers.rip = try guest.memory.load(VirtualAddress.self, at: top).rawValue
      registers.rsp += UInt64(guest.memory.architecture.pointerSize)
      registers.rax = result
    }
    for _ in 0..<2 { exits.append(try engine.run(&registers)) }
    #expect(try guest.memory.load(UInt32.self, at: guest.data) == 12)
    #expect(registers.rsp == (guest.base + 0x3F00).rawValue)
    return exits
  }

  @Test(arguments: Architecture.allCases)
  func `a script and a processor leave the kernel with the same`(
    architecture: Architecture
  ) throws {
    let guest = try Guest(architecture)
    // call rdx; add [rcx], eax; call rdx; add [rcx], eax; hlt; mov eax, [rsp + 0x1000].
    let code: [UInt8] = [
      0xFF, 0xD2, 0x01, 0x01, 0xFF, 0xD2, 0x01, 0x01, 0xF4, 0x8B, 0x84, 0x24, 0, 0x20, 0, 0,
    ]
    try guest.memory.store(bytes: code, at: guest.base)
    let processor = try drive(guest, guest.makeUnicorn())
    let fault = GuestFault(at: guest.base + 0x5F00, access: .read)
    #expect(processor == [.export(3), .export(3), .halted, .fault(fault)])

    let other = try Guest(architecture)
    let script = ScriptedEngine(memory: other.memory, steps: Self.script(other, fault))
    #expect(try drive(other, script) == processor)
  }

  /// The same program, step by step.
  private static func script(_ guest: Guest, _ fault: GuestFault) -> [ScriptedEngine.Step] {
    func add(_ registers: CallFrame.Registers) {
      let sum = try? guest.memory.load(UInt32.self, at: guest.data)
      try? guest.memory.store((sum ?? 0) + UInt32(registers.rax), at: guest.data)
    }
    func call(_ registers: inout CallFrame.Registers, from offset: Int) -> Exit {
      registers.rsp -= UInt64(guest.memory.architecture.pointerSize)
      try? guest.memory.store(guest.base + offset, at: VirtualAddress(rawValue: registers.rsp))
      registers.rip = registers.rdx + 1
      return .export(3)
    }
    return [
      { registers, _ in call(&registers, from: 2) },
      { registers, _ in
        add(registers)
        return call(&registers, from: 6)
      },
      { registers, _ in
        add(registers)
        return .halted
      },
      { _, _ in .fault(fault) },
    ]
  }

  @Test func `a script that has ended halts, and its budget ends`() throws {
    let guest = try Guest(.x64)
    let engine = ScriptedEngine(
      memory: guest.memory,
      steps: [{ _, _ in .exception(vector: 6) }]
    )
    var registers = CallFrame.Registers()
    #expect(try engine.run(&registers) == .exception(vector: 6))
    #expect(try engine.run(&registers) == .halted)
    #expect(engine.instructionCount == 2)
    engine.instructionLimit = 2
    #expect(try engine.run(&registers) == .budgetExhausted)
    engine.instructionLimit = 3
    #expect(try engine.run(&registers) == .halted)
  }

  @Test func `a script's registers are saved and restored`() throws {
    let guest = try Guest(.x86)
    let engine = ScriptedEngine(memory: guest.memory, steps: [])
    engine[.rbx] = 5
    let context = engine.saveContext()
    engine[.rbx] = 6
    engine[.rsi] = 7
    engine.restore(context)
    #expect(engine[.rbx] == 5)
    #expect(engine[.rsi] == 0)
  }

  @Test func `a script tells observers of its instructions`() throws {
    let guest = try Guest(.x64)
    let engine = ScriptedEngine(memory: guest.memory, steps: [])
    let recorder = Recorder()
    engine.observeInstructions(in: guest.base..<guest.base + 4, with: recorder)
    for offset in 0..<6 {
      engine.execute(at: guest.base + offset, registers: [1: UInt64(offset * 10)])
    }
    #expect(recorder.seen == [[0, 0], [1, 10], [2, 20], [3, 30]])
  }

  private final class Recorder: InstructionObserver {
    var seen: [[UInt64]] = []

    func willExecute(at address: VirtualAddress, engine: any Engine) {
      seen.append([address.rawValue & 0xFFF, engine.generalRegister(1)])
    }
  }
}
