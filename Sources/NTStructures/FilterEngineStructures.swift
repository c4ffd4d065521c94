public import GuestABI

/// A session of the filter engine: `FWPM_SESSION0`.
public struct FWPMSession: GuestStructure {
  public let flags = Field<UInt32>(x86: 0x18, x64: 0x20)
  public let transactionTimeout = Field<UInt32>(x86: 0x1C, x64: 0x24)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x30 : 0x48
  }
}

/// What all objects of the filter engine begin with: their key, their name and their flags.
public struct FWPMObject: GuestStructure {
  /// The low word of the key.
  public let key = Field<UInt64>(x86: 0x00, x64: 0x00)
  /// The terminated name of `FWPM_DISPLAY_DATA0`.
  public let displayName = Field<VirtualAddress>(x86: 0x10, x64: 0x10)
  public let flags = Field<UInt32>(x86: 0x18, x64: 0x20)
  /// Where the provider's key is, or NULL; providers themselves have none.
  public let providerKey = Field<VirtualAddress>(x86: 0x1C, x64: 0x28)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x28 : 0x40
  }
}

/// A callout's management object: `FWPM_CALLOUT0`.
public struct FWPMCallout: GuestStructure {
  /// The start of the layer's key.
  public let applicableLayer = Field<UInt64>(x86: 0x28, x64: 0x40)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x40 : 0x58
  }
}

/// A filter: `FWPM_FILTER0`.
public struct FWPMFilter: GuestStructure {
  /// The start of the layer's key.
  public let layerKey = Field<UInt64>(x86: 0x28, x64: 0x40)
  /// The start of the sublayer's key.
  public let sublayerKey = Field<UInt64>(x86: 0x38, x64: 0x50)
  /// `FWP_DATA_TYPE` of the weight.
  public let weightType = Field<UInt32>(x86: 0x48, x64: 0x60)
  /// The weight, or where it is.
  public let weight = Field<GuestWord>(x86: 0x4C, x64: 0x68)
  public let conditionCount = Field<UInt32>(x86: 0x50, x64: 0x70)
  public let conditions = Field<VirtualAddress>(x86: 0x54, x64: 0x78)
  public let actionType = Field<UInt32>(x86: 0x58, x64: 0x80)
  /// The start of the callout's key.
  public let calloutKey = Field<UInt64>(x86: 0x5C, x64: 0x84)
  /// `rawContext`, in a union with the key of a provider context.
  public let rawContext = Field<UInt64>(x86: 0x70, x64: 0x98)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x98 : 0xC8
  }
}

/// The routines of a callout: `FWPS_CALLOUT0` and its later versions.
public struct FWPSCallout: GuestStructure {
  /// The start of the key.
  public let key = Field<UInt64>(x86: 0x00, x64: 0x00)
  public let flags = Field<UInt32>(x86: 0x10, x64: 0x10)
  public let classify = Field<VirtualAddress>(x86: 0x14, x64: 0x18)
  public let notify = Field<VirtualAddress>(x86: 0x18, x64: 0x20)
  public let flowDelete = Field<VirtualAddress>(x86: 0x1C, x64: 0x28)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x20 : 0x30
  }
}

/// A filter as callouts see it, without conditions: `FWPS_FILTER0`.
///
/// Later versions add a count and provider contexts at the end.
public struct FWPSFilter: GuestStructure {
  public let filterID = Field<UInt64>(x86: 0x00, x64: 0x00)
  /// `FWP_DATA_TYPE` of the weight.
  public let weightType = Field<UInt32>(x86: 0x08, x64: 0x08)
  /// Where the 64-bit weight is.
  public let weight = Field<VirtualAddress>(x86: 0x0C, x64: 0x10)
  public let sublayerWeight = Field<UInt16>(x86: 0x10, x64: 0x18)
  public let flags = Field<UInt16>(x86: 0x12, x64: 0x1A)
  public let conditionCount = Field<UInt32>(x86: 0x14, x64: 0x1C)
  public let conditions = Field<VirtualAddress>(x86: 0x18, x64: 0x20)
  public let actionType = Field<UInt32>(x86: 0x1C, x64: 0x28)
  public let calloutID = Field<UInt32>(x86: 0x20, x64: 0x2C)
  public let context = Field<UInt64>(x86: 0x28, x64: 0x30)
  public let providerContext = Field<VirtualAddress>(x86: 0x30, x64: 0x38)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x48 : 0x58
  }
}
