import GuestABI

/// Numbers that look random and follow from a seed.
extension RuntimeLibrary {
  var randomExports: [Export] {
    [
      export("RtlRandom", to: random(_:)), export("RtlRandomEx", to: random(_:)),
      export("srand", .cdecl) { [generator] (seed: UInt32) in generator.state = seed },
      export("rand", .cdecl) { [generator] () in generator.next() },
    ]
  }

  /// Returns a number from 0 to MAXLONG-1, and changes the seed.
  ///
  /// The corresponding kernel routines are `RtlRandom` and `RtlRandomEx`. Their pages promise the range,
  /// an even distribution, and that the seed is updated; which numbers they are is not documented. These
  /// are those of `RtlUniform`, which Wine's tests compare with Windows: the linear congruence with the
  /// multiplier 0x7FFFFFED and the increment 0x7FFFFFC3, modulo 0x7FFFFFFF.
  private func random(_ seed: GuestPointer<UInt32>) throws -> UInt32 {
    let state = UInt64(try memory.load(UInt32.self, at: seed.address))
    let next = UInt32((state * 0x7FFF_FFED + 0x7FFF_FFC3) % 0x7FFF_FFFF)
    try memory.store(next, at: seed.address)
    return next
  }
}

/// The C library's generator, whose state all drivers share.
///
/// Microsoft's C library steps by 214013 and 2531011 modulo 2^32 and returns 15 bits from bit 16 up; the
/// seed is 1 at first, as the C standard has it.
final class CRandomGenerator {
  var state: UInt32 = 1

  func next() -> Int32 {
    state = state &* 214013 &+ 2531011
    return Int32((state >> 16) & 0x7FFF)
  }
}
