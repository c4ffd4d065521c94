internal import GuestABI

/// A structure that is put together field by field, each at a multiple of its size.
struct InformationBytes {
  private let architecture: Architecture
  private(set) var bytes: [UInt8] = []

  init(_ architecture: Architecture) { self.architecture = architecture }

  /// Adds a field.
  mutating func append<Value: GuestScalar>(_ value: Value) {
    let size = Value.size(on: architecture)
    while !bytes.count.isMultiple(of: size) { bytes.append(0) }
    let bits = value.guestBits
    for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))) }
  }

  /// Adds an array of characters, of which those that are not used are 0.
  mutating func append(text: [UInt8], byteCount: Int) {
    bytes += text.prefix(byteCount)
    bytes += Array(repeating: 0, count: max(0, byteCount - text.count))
  }

  /// Fills up to a multiple of a pointer's size.
  mutating func align() {
    while !bytes.count.isMultiple(of: architecture.pointerSize) { bytes.append(0) }
  }
}
