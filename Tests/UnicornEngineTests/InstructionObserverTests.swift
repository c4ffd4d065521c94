import GuestABI
import GuestEngine
import Testing

@Suite struct InstructionObserverTests {
  /// `inc eax`.
  private static let increment: [UInt8] = [0xFF, 0xC0]

  @Test(arguments: PageTableFormat.allCases)
  func `each instruction of a range is observed before it runs`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let recorder = InstructionRecorder()
    let start = try processor.place(Array(repeatElement(Self.increment, count: 5).joined()))
    // Also code that is translated already.
    #expect(try processor.run(at: start) == .halted)
    processor.engine.observeInstructions(in: start + 2..<start + 8, with: recorder)
    for _ in 0..<2 {
      recorder.addresses = []
      recorder.values = []
      processor.registers.rax = 100
      #expect(try processor.run(at: start) == .halted)
      #expect(recorder.addresses == [start + 2, start + 4, start + 6])
      #expect(recorder.values == [101, 102, 103])
      #expect(processor.registers.rax == 105)
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `two observers of ranges that overlap see their own`(format: PageTableFormat) throws {
    let processor = try Processor(format)
    let observers = [InstructionRecorder(), InstructionRecorder(), InstructionRecorder()]
    let start = try processor.place(Array(repeatElement(Self.increment, count: 6).joined()))
    processor.engine.observeInstructions(in: start + 4..<start + 8, with: observers[0])
    processor.engine.observeInstructions(in: start..<start + 6, with: observers[1])
    processor.engine.observeInstructions(in: start..<start + 12, with: observers[2])
    #expect(try processor.run(at: start) == .halted)
    #expect(observers[0].addresses == [start + 4, start + 6])
    #expect(observers[1].addresses == [start, start + 2, start + 4])
    #expect(observers[2].addresses == (0..<6).map { start + 2 * $0 })
  }

  @Test(arguments: PageTableFormat.allCases)
  func `an instruction that faults is observed once each time it runs`(
    format: PageTableFormat
  ) throws {
    let processor = try Processor(format)
    let recorder = InstructionRecorder()
    let start = try processor.place(Self.increment + Code.load)
    processor.engine.observeInstructions(in: start..<start + 4, with: recorder)
    processor.registers.rcx = (processor.hole + 0x11).rawValue
    let fault = GuestFault(at: processor.hole + 0x11, access: .read)
    #expect(try processor.run(at: start) == .fault(fault))
    #expect(recorder.addresses == [start, start + 2])
    try processor.guest.mapNew(1, at: processor.hole, .writable)
    #expect(try processor.resume() == .halted)
    #expect(recorder.addresses == [start, start + 2, start + 2])
  }

  @Test(arguments: PageTableFormat.allCases)
  func `observing changes neither results nor counts`(format: PageTableFormat) throws {
    var counts: [UInt64] = []
    for isObserved in [false, true] {
      let processor = try Processor(format)
      let recorder = InstructionRecorder()
      // mov ecx, 10; loop: rdtsc; dec ecx; jnz loop.
      let code: [UInt8] = [0xB9, 10, 0, 0, 0, 0x0F, 0x31, 0xFF, 0xC9, 0x75, 0xFA]
      let start = try processor.place(code)
      if isObserved {
        processor.engine.observeInstructions(in: start..<start + 11, with: recorder)
      }
      #expect(try processor.run(at: start) == .halted)
      #expect(recorder.addresses.count == (isObserved ? 31 : 0))
      counts += [processor.engine.instructionCount, processor.registers.rax]
    }
    #expect(counts[0] == 32)
    #expect(counts[0..<2] == counts[2..<4])
  }
}
