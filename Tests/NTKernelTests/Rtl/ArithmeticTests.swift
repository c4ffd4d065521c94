import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct ArithmeticTests {
  private static let numbers: [Int64] =
    [0, 1, -1, 2, -7, 10_000_000, .min, .max, 0x1_0000_0000, -0x1_0000_0001]
    + (0..<20).map { _ in Int64.random(in: .min ... .max) }

  @Test func `x86 compilers' helpers compute as Swift does`() throws {
    let fixture = try RuntimeFixture(.x86)
    for one in Self.numbers {
      for other in Self.numbers {
        let bits = (UInt64(bitPattern: one), UInt64(bitPattern: other))
        #expect(try fixture.call("_allmul", one, other) == bits.0 &* bits.1)
        if other != 0 {
          let quotient = one.dividedReportingOverflow(by: other).partialValue
          let remainder = one.remainderReportingOverflow(dividingBy: other).partialValue
          #expect(Int64(bitPattern: try fixture.call("_alldiv", one, other)) == quotient)
          #expect(Int64(bitPattern: try fixture.call("_allrem", one, other)) == remainder)
          #expect(try fixture.call("_aulldiv", one, other) == bits.0 / bits.1)
          #expect(try fixture.call("_aullrem", one, other) == bits.0 % bits.1)
        }
      }
    }
  }

  @Test func `helpers remove their operands from the stack`() throws {
    let table = try RuntimeFixture(.x86).library.exports
    for (name, size) in [("_allmul", 16), ("_aullrem", 16), ("_allshl", 0), ("_aullshr", 0)] {
      #expect(table.first { $0.name == name }?.stackSize == size)
    }
  }

  @Test(arguments: ["_alldiv", "_allrem", "_aulldiv", "_aullrem"])
  func `division by zero raises an exception`(routine: String) throws {
    let fixture = try RuntimeFixture(.x86)
    #expect(throws: RaisedStatus(.integerDivideByZero)) {
      try fixture.call(routine, Int64(5), Int64(0))
    }
  }

  @Test func `shifts take registers`() throws {
    let fixture = try RuntimeFixture(.x86)
    func shift(_ routine: String, _ value: UInt64, _ count: UInt64) throws -> UInt64 {
      let registers = try fixture.registers(
        routine,
        prepare: {
          $0.rax = value & 0xFFFF_FFFF
          $0.rdx = value >> 32
          // Only CL counts.
          $0.rcx = count | 0xABCD_EF00
        }
      )
      return registers.rdx << 32 | registers.rax
    }
    for value in Self.numbers.map(UInt64.init(bitPattern:)) {
      for count in [0, 1, 31, 32, 33, 63, 64, 65, 255] as [UInt64] {
        #expect(try shift("_allshl", value, count) == value << count)
        #expect(try shift("_aullshr", value, count) == value >> count)
        #expect(
          try shift("_allshr", value, count)
            == UInt64(bitPattern: Int64(bitPattern: value) >> count)
        )
      }
    }
  }

  @Test func `large integers are those of the first kits`() throws {
    let fixture = try RuntimeFixture(.x86)
    for one in Self.numbers {
      let other = Self.numbers[3]
      #expect(Int64(bitPattern: try fixture.call("RtlLargeIntegerAdd", one, other)) == one &+ other)
      #expect(
        Int64(bitPattern: try fixture.call("RtlLargeIntegerSubtract", one, other)) == one &- other
      )
      #expect(Int64(bitPattern: try fixture.call("RtlLargeIntegerNegate", one)) == 0 &- one)
      let shifted = try fixture.call("RtlLargeIntegerArithmeticShift", one, UInt8(9))
      #expect(Int64(bitPattern: shifted) == one >> 9)
    }
    #expect(
      Int64(bitPattern: try fixture.call("RtlEnlargedIntegerMultiply", Int32(-70000), Int32(70000)))
        == -4_900_000_000
    )
    let remainder = GuestPointer<UInt64>(fixture.allocate(8))
    #expect(try fixture.call("RtlLargeIntegerDivide", Int64(100), Int64(7), remainder) == 14)
    #expect(try fixture.memory.load(UInt64.self, at: remainder.address) == 2)
    let null = VirtualAddress.null
    #expect(
      try fixture.call("RtlExtendedLargeIntegerDivide", Int64(1) << 40, UInt32(1 << 8), null)
        == 1 << 32
    )
    #expect(
      try fixture.call("RtlEnlargedUnsignedDivide", UInt64(1) << 40, UInt32(1 << 16), null)
        == 1 << 24
    )
    #expect(throws: RaisedStatus(.integerDivideByZero)) {
      try fixture.call("RtlEnlargedUnsignedDivide", UInt64(1), UInt32(0), null)
    }
    #expect(
      Int64(bitPattern: try fixture.call("RtlConvertLongToLargeInteger", Int32(-2))) == -2
    )
    #expect(try fixture.call("RtlConvertUlongToLargeInteger", UInt32.max) == 0xFFFF_FFFF)
  }
}
