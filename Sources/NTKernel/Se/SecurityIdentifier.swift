/// A security identifier: `SID`.
struct SecurityIdentifier: Hashable, Sendable {
  let authority: UInt64
  let subauthorities: [UInt32]

  /// Creates an identifier: `S-1-5-18` is `SecurityIdentifier(5, 18)`.
  init(_ authority: UInt64, _ subauthorities: UInt32...) {
    self.authority = authority
    self.subauthorities = subauthorities
  }

  /// Creates an identifier from a list of numbers.
  init(_ authority: UInt64, _ subauthorities: [UInt32]) {
    self.authority = authority
    self.subauthorities = subauthorities
  }

  /// Creates an identifier from the form in which NT stores it, or nil if it is not one.
  init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count >= 8, bytes[0] == 1, bytes[1] <= 15, bytes.count >= 8 + 4 * Int(bytes[1])
    else { return nil }
    authority = bytes[2..<8].reduce(0) { $0 << 8 | UInt64($1) }
    subauthorities = (0..<Int(bytes[1])).map { index in
      bytes[(8 + 4 * index)..<(12 + 4 * index)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  /// The identifier as NT stores it: the authority's high bytes first, all else low bytes first.
  var bytes: [UInt8] {
    var bytes: [UInt8] = [1, UInt8(truncatingIfNeeded: subauthorities.count)]
    for shift in stride(from: 40, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: authority >> UInt64(shift)))
    }
    for subauthority in subauthorities { bytes.append(littleEndian: subauthority) }
    return bytes
  }
}
