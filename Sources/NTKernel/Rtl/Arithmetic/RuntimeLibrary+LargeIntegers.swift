import GuestABI
import NTStructures

/// The routines for `LARGE_INTEGER` of the time before compilers knew 64-bit integers (x86 only).
extension RuntimeLibrary {
  var largeIntegerExports: [Export] {
    [
      export("RtlConvertLongToLargeInteger") { (value: Int32) in Int64(value) },
      export("RtlConvertUlongToLargeInteger") { (value: UInt32) in UInt64(value) },
      export("RtlLargeIntegerAdd") { (first: Int64, second: Int64) in first &+ second },
      export("RtlLargeIntegerSubtract") { (first: Int64, second: Int64) in first &- second },
      export("RtlLargeIntegerNegate") { (value: Int64) in 0 &- value },
      export("RtlLargeIntegerShiftLeft") { (value: UInt64, count: UInt8) in
        value << (try Self.shiftCount(count, "RtlLargeIntegerShiftLeft"))
      },
      export("RtlLargeIntegerShiftRight") { (value: UInt64, count: UInt8) in
        value >> (try Self.shiftCount(count, "RtlLargeIntegerShiftRight"))
      },
      export("RtlLargeIntegerArithmeticShift") { (value: Int64, count: UInt8) in
        value >> (try Self.shiftCount(count, "RtlLargeIntegerArithmeticShift"))
      },
      export("RtlEnlargedIntegerMultiply") { (first: Int32, second: Int32) in
        Int64(first) * Int64(second)
      },
      export("RtlEnlargedUnsignedMultiply") { (first: UInt32, second: UInt32) in
        UInt64(first) * UInt64(second)
      },
      export("RtlExtendedIntegerMultiply") { (first: Int64, second: Int32) in
        first &* Int64(second)
      },
      export("RtlEnlargedUnsignedDivide") {
        [self] (dividend: UInt64, divisor: UInt32, remainder: GuestPointer<UInt32>) in
        let divisor = UInt64(try Self.divisor(divisor))
        guard let quotient = UInt32(exactly: dividend / divisor) else {
          throw Unmodelled("RtlEnlargedUnsignedDivide: a quotient of more than 32 bits")
        }
        if !remainder.isNull {
          try memory.store(UInt32(dividend % divisor), at: remainder.address)
        }
        return quotient
      },
      export("RtlExtendedLargeIntegerDivide") {
        [self] (dividend: Int64, divisor: UInt32, remainder: GuestPointer<UInt32>) in
        let dividend = try Self.positive(dividend, "RtlExtendedLargeIntegerDivide")
        let divisor = UInt64(try Self.divisor(divisor))
        if !remainder.isNull {
          try memory.store(UInt32(dividend % divisor), at: remainder.address)
        }
        return dividend / divisor
      },
      export("RtlLargeIntegerDivide") {
        [self] (dividend: Int64, divisor: Int64, remainder: GuestPointer<UInt64>) in
        let dividend = try Self.positive(dividend, "RtlLargeIntegerDivide")
        let divisor = try Self.divisor(Self.positive(divisor, "RtlLargeIntegerDivide"))
        if !remainder.isNull { try memory.store(dividend % divisor, at: remainder.address) }
        return dividend / divisor
      },
    ]
  }

  private static func shiftCount(_ count: UInt8, _ routine: String) throws -> UInt8 {
    guard count < 64 else { throw Unmodelled("\(routine): a count that is not below 64") }
    return count
  }

  /// Returns a number of which it does not matter whether a routine takes it for signed.
  private static func positive(_ value: Int64, _ routine: String) throws -> UInt64 {
    guard value >= 0 else { throw Unmodelled("\(routine): a negative number") }
    return UInt64(value)
  }
}
