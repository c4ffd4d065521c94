import GuestABI
import NTStructures

/// The routines that x86 compilers call for 64-bit integers.
///
/// Their names have no decoration, yet they remove their operands from the stack. Shifts take the
/// number in EDX:EAX and the count in CL. `_alldvrm` and `_aulldvrm`, which return a remainder in EBX:ECX
/// too, are ``ExceptionDispatcher``'s, because a call frame has no EBX.
extension RuntimeLibrary {
  var longArithmeticExports: [Export] {
    [
      binary("_allmul") { $0 &* $1 },
      binary("_alldiv") { try Self.divided(Int64(bitPattern: $0), Int64(bitPattern: $1)).quotient },
      binary("_allrem") {
        try Self.divided(Int64(bitPattern: $0), Int64(bitPattern: $1)).remainder
      },
      binary("_aulldiv") { try $0 / Self.divisor($1) },
      binary("_aullrem") { try $0 % Self.divisor($1) },
      shift("_allshl") { $0 << $1 },
      shift("_allshr") { UInt64(bitPattern: Int64(bitPattern: $0) >> $1) },
      shift("_aullshr") { $0 >> $1 },
    ]
  }

  private func binary(
    _ name: String,
    _ body: @escaping (UInt64, UInt64) throws -> UInt64
  ) -> Export {
    export(raw: name, .cdecl, stackSize: 16) { frame in
      let first = try frame.next(UInt64.self, .cdecl)
      let second = try frame.next(UInt64.self, .cdecl)
      frame.setResult(try body(first, second))
    }
  }

  /// Declares a shift.
  ///
  /// Swift's operators shift everything out, as these routines do from 64 on.
  private func shift(_ name: String, _ body: @escaping (UInt64, UInt8) -> UInt64) -> Export {
    export(raw: name, .cdecl, stackSize: 0) { frame in
      let number = frame.registers.rdx << 32 | frame.registers.rax & 0xFFFF_FFFF
      frame.setResult(body(number, UInt8(truncatingIfNeeded: frame.registers.rcx)))
    }
  }

  /// Returns a divisor, unless the processor would refuse it.
  static func divisor<Number: FixedWidthInteger>(_ number: Number) throws -> Number {
    guard number != 0 else { throw RaisedStatus(.integerDivideByZero) }
    return number
  }

  /// Divides signed numbers.
  ///
  /// The least number divided by -1 is itself, as the magnitudes give.
  static func divided(
    _ dividend: Int64,
    _ divisor: Int64
  ) throws -> (quotient: UInt64, remainder: UInt64) {
    let divisor = try Self.divisor(divisor)
    let quotient = dividend.dividedReportingOverflow(by: divisor).partialValue
    let remainder = dividend.remainderReportingOverflow(dividingBy: divisor).partialValue
    return (UInt64(bitPattern: quotient), UInt64(bitPattern: remainder))
  }
}
