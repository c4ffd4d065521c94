import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// The x64 unwinder against prologues made up at random, and against noise.
@Suite struct RtlVirtualUnwindTests {
  /// A processor that stands still.
  private final class StillHost: ExceptionHost {
    var threadContext = ProcessorContext()
    var returnAddress: VirtualAddress { .null }
    var boundary: ExceptionBoundary { .systemThread }
    func isRoutine(_ address: VirtualAddress) -> Bool { false }
    func kernelFrame(returningAt stackPointer: UInt64, before index: Int?) -> KernelFrame? { nil }
    func setPreservedRegisters(of context: ProcessorContext) {}
    func exceptionList() -> VirtualAddress { .null }
    func setExceptionList(_ list: VirtualAddress) {}
  }

  /// The memory of a routine, its unwind information, and the records of a call.
  private struct Fixture {
    let kernel: KernelFixture
    let host = StillHost()
    let base: VirtualAddress
    var memory: AddressSpace { kernel.memory }
    var stackTop: VirtualAddress { kernel.dispatcher.current.stack.upperBound + -0x800 }
    var code: VirtualAddress { base + 0x100 }
    var information: VirtualAddress { base + 0x400 }
    var entry: VirtualAddress { base + 0x40 }
    var record: VirtualAddress { base + 0x800 }

    init() throws {
      kernel = try KernelFixture(.win7, .x64)
      kernel.kernel.exceptions.host = host
      base = try kernel.allocate(0x1000)
      for (index, offset) in [0x100, 0x200, 0x400].enumerated() {
        try kernel.memory.store(UInt32(offset), at: base + (0x40 + 4 * index))
      }
      try kernel.memory.fill(at: base + 0x100, count: 0x100, with: 0x90)
    }

    func unwind(_ context: ProcessorContext, at pc: VirtualAddress) throws -> ProcessorContext {
      try ContextRecord.store(context, at: record, in: memory)
      try kernel.call(
        "RtlVirtualUnwind",
        UInt32(3),
        base,
        pc,
        entry,
        record,
        base,
        base + 8,
        VirtualAddress.null
      )
      return try ContextRecord.load(at: record, in: memory, onto: context)
    }
  }

  /// What a prologue does, and how its unwind information says so.
  private struct Prologue {
    var codes: [[UInt16]] = []
    var frame: UInt8 = 0
    var offset: UInt8 = 0
    /// The registers behind each instruction, with the offset of the next.
    var states: [(offset: UInt8, context: ProcessorContext)] = []

    mutating func add(_ operation: UInt16, _ information: UInt16, _ operands: [UInt16] = []) {
      offset += 4
      codes.append([UInt16(offset) | operation << 8 | information << 12] + operands)
    }
  }

  private func prologue(
    _ random: inout SeededGenerator,
    _ start: ProcessorContext,
    _ memory: AddressSpace
  ) throws -> Prologue {
    var result = Prologue()
    var context = start
    result.states.append((0, context))
    for register in [3, 5, 6, 7, 12, 13, 14, 15] where Bool.random(using: &random) {
      context.rsp -= 8
      let place = VirtualAddress(rawValue: context.rsp)
      try memory.store(context.general[register], at: place)
      result.add(0, UInt16(register))
      // What a routine preserves, it uses.
      context.general[register] = random.next()
      result.states.append((result.offset, context))
    }
    let size = UInt64.random(in: 1...60, using: &random) * 8
    context.rsp -= size
    if size <= 128, Bool.random(using: &random) {
      result.add(2, UInt16(size / 8 - 1))
    } else if Bool.random(using: &random) {
      result.add(1, 0, [UInt16(size / 8)])
    } else {
      result.add(1, 1, [UInt16(size), 0])
    }
    result.states.append((result.offset, context))
    if Bool.random(using: &random) {
      let distance = UInt64.random(in: 0...15, using: &random)
      result.frame = UInt8(5 | distance << 4)
      // Only a register that was saved can become the frame pointer: else it is lost.
      if result.codes.contains(where: { $0[0] >> 12 == 5 && $0[0] >> 8 & 15 == 0 }) {
        context.general[5] = context.rsp + distance * 16
        result.add(3, 0)
        result.states.append((result.offset, context))
        // The stack pointer moves on in the body.
        context.rsp -= UInt64.random(in: 0...8, using: &random) * 16
        result.states.append((result.offset, context))
      } else {
        result.frame = 0
      }
    }
    return result
  }

  @Test(arguments: 0..<200)
  func `the caller's registers come back wherever a prologue is interrupted`(seed: UInt64) throws {
    let fixture = try Fixture()
    var random = SeededGenerator(seed: seed)
    var start = ProcessorContext()
    for register in 0..<16 { start.general[register] = random.next() }
    start.rsp = fixture.stackTop.rawValue
    let caller = random.next()
    try fixture.memory.store(caller, at: fixture.stackTop)
    let prologue = try prologue(&random, start, fixture.memory)
    let slots = prologue.codes.reversed().flatMap { $0 }
    let information = fixture.information
    try fixture.memory.store(UInt8(1), at: information)
    try fixture.memory.store(prologue.offset, at: information + 1)
    try fixture.memory.store(UInt8(slots.count), at: information + 2)
    try fixture.memory.store(prologue.frame, at: information + 3)
    for (index, slot) in slots.enumerated() {
      try fixture.memory.store(slot, at: information + (4 + 2 * index))
    }
    for (offset, context) in prologue.states {
      let after = try fixture.unwind(context, at: fixture.code + Int(offset))
      #expect(after.rip == caller, "offset \(offset)")
      #expect(after.rsp == start.rsp + 8, "offset \(offset)")
      for register in [3, 5, 6, 7, 12, 13, 14, 15] {
        #expect(after.general[register] == start.general[register], "offset \(offset)")
      }
    }
  }

  @Test func `an epilogue is carried out, not the prologue undone`() throws {
    let fixture = try Fixture()
    var context = ProcessorContext()
    context.rsp = fixture.stackTop.rawValue - 0x30
    try fixture.memory.store(UInt64(0x1111), at: fixture.stackTop + -8)
    try fixture.memory.store(UInt64(0x2222), at: fixture.stackTop)
    // push rbx; sub rsp, 28h; and at its end: add rsp, 28h; pop rbx; ret.
    let codes: [UInt16] = [0x4206, 0x3002]
    try fixture.memory.store(bytes: [1, 6, 2, 0], at: fixture.information)
    for (index, code) in codes.enumerated() {
      try fixture.memory.store(code, at: fixture.information + (4 + 2 * index))
    }
    let end = fixture.code + 0x80
    try fixture.memory.store(bytes: [0x48, 0x83, 0xC4, 0x28, 0x5B, 0xC3], at: end)
    for (offset, popped) in [(0, 0), (4, 0x28), (5, 0x30)] {
      var at = context
      at.rsp += UInt64(popped)
      if offset == 5 { at.general[3] = 0x1111 }
      let after = try fixture.unwind(at, at: end + offset)
      #expect(after.rip == 0x2222, "offset \(offset)")
      #expect(after.general[3] == 0x1111, "offset \(offset)")
      #expect(after.rsp == fixture.stackTop.rawValue + 8, "offset \(offset)")
    }
  }

  @Test(arguments: 0..<20)
  func `noise in place of unwind information is a guest's fault or unmodelled`(seed: UInt64) throws
  {
    let fixture = try Fixture()
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      for index in 0..<64 {
        try fixture.memory.store(random.next(), at: fixture.information + 8 * index)
      }
      // The version is right in half of the cases, and so is a circle of chained entries in some.
      if Bool.random(using: &random) {
        try fixture.memory.store(
          UInt8.random(in: 0...31, using: &random) << 3 | 1,
          at: fixture.information
        )
      }
      var context = ProcessorContext()
      for register in 0..<16 { context.general[register] = random.next() }
      context.rsp = fixture.stackTop.rawValue
      do {
        _ = try fixture.unwind(context, at: fixture.code + Int(random.next() & 0xFF))
      } catch is GuestFault {
      } catch is Unmodelled {}
    }
  }
}
