/// A security identifier: `SID`.
struct SecurityIdentifier: Hashable, Sendable {
  let authority: UInt64
  let subauthorities: [UInt32]

  /// Creates an identifier: `S-1-5-18` is `SecurityIdentifier(5, 18)`.
  init(_ authority: UInt64, _ subauthorities: UInt32...) {
    self.authority = authority
    self.subauthorities = subauthorities
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
