import GuestABI
import NTStructures

extension AddressSpace {
  /// Returns the number of units before the terminator of a C string.
  ///
  /// The search ends at the first page that cannot be read, with its fault.
  func length<Unit: CharacterUnit>(
    of string: VirtualAddress,
    _ type: Unit.Type,
    atMost limit: Int = .max
  ) throws(GuestFault) -> Int {
    var count = 0
    while count < limit, try load(Unit.self, at: string + count &* Unit.byteCount) != 0 {
      count += 1
    }
    return count
  }

  /// Returns UTF-16 code units.
  func units(at address: VirtualAddress, count: Int) throws(GuestFault) -> [UInt16] {
    let bytes = try bytes(at: address, count: count * 2)
    return (0..<count).map { UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8 }
  }

  /// Returns the code units of a `UNICODE_STRING`.
  ///
  /// An odd length is unmodelled, in the name of the routine that reads the string.
  func units(
    of string: GuestPointer<CountedString>,
    for routine: String
  ) throws -> [UInt16] {
    let length = try self[string].length
    guard length % 2 == 0 else { throw Unmodelled("\(routine): a UNICODE_STRING of odd length") }
    return try units(at: self[string].buffer, count: Int(length) / 2)
  }

  /// Stores UTF-16 code units.
  func store(units: some Sequence<UInt16>, at address: VirtualAddress) throws(GuestFault) {
    var place = address
    for unit in units {
      try store(unit, at: place)
      place = place + 2
    }
  }
}
