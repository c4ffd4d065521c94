/// A place in an image that holds an address, or a part of one.
public struct BaseRelocation: Hashable, Sendable {
  /// What is held, and how it changes with the image's base.
  ///
  /// Source: Microsoft PE/COFF specification, "Base Relocation Types".
  public enum Kind: Hashable, Sendable {
    /// The upper 16 bits of a 32-bit address (`IMAGE_REL_BASED_HIGH`).
    case high

    /// The lower 16 bits of a 32-bit address (`IMAGE_REL_BASED_LOW`).
    case low

    /// A 32-bit address (`IMAGE_REL_BASED_HIGHLOW`).
    case highLow

    /// The upper 16 bits of a 32-bit address, rounded for the sign of its lower ones, which are
    /// here (`IMAGE_REL_BASED_HIGHADJ`).
    case highAdjusted(low: Int16)

    /// A 64-bit address (`IMAGE_REL_BASED_DIR64`).
    case dir64

    /// The number of bytes that change.
    public var size: Int {
      switch self {
      case .high, .low, .highAdjusted: 2
      case .highLow: 4
      case .dir64: 8
      }
    }
  }

  /// Where the address is held.
  public let address: RVA

  /// What is held there.
  public let kind: Kind
}

extension BaseRelocation {
  /// Corrects the address in the laid-out image, which holds it whole: parsing has checked that.
  func apply(_ delta: UInt64, to image: inout [UInt8]) {
    let bytes = address.offset..<address.offset + kind.size
    var value: UInt64 = 0
    for index in bytes.reversed() { value = value << 8 | UInt64(image[index]) }
    switch kind {
    case .high: value = (value << 16 &+ delta) >> 16
    case .low, .highLow, .dir64: value = value &+ delta
    case .highAdjusted(let low):
      let whole = value << 16 &+ UInt64(bitPattern: Int64(low)) &+ delta
      value = (whole &+ 0x8000) >> 16
    }
    for index in bytes {
      image[index] = UInt8(truncatingIfNeeded: value)
      value >>= 8
    }
  }
}
