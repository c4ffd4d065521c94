public import GuestABI

/// A packet's data: a chain of MDLs, and which of their bytes are the packet.
///
/// The corresponding C type is `NET_BUFFER` (`ndis/nbl.h`); its first part is a `NET_BUFFER_HEADER`,
/// which is as large as an `SLIST_HEADER`.
public struct NetBuffer: GuestStructure {
  public let next = Field<GuestPointer<NetBuffer>>(x86: 0x00, x64: 0x00)
  /// The MDL in which the used data begins.
  public let currentMDL = Field<GuestPointer<MDL>>(x86: 0x04, x64: 0x08)
  /// The bytes of that MDL before the used data.
  public let currentMDLOffset = Field<UInt32>(x86: 0x08, x64: 0x10)
  /// The bytes of used data: `stDataLength`.
  public let dataLength = Field<GuestWord>(x86: 0x0C, x64: 0x18)
  public let mdlChain = Field<GuestPointer<MDL>>(x86: 0x10, x64: 0x20)
  /// The bytes of the chain before the used data.
  public let dataOffset = Field<UInt32>(x86: 0x14, x64: 0x28)
  public let poolHandle = Field<VirtualAddress>(x86: 0x1C, x64: 0x38)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x60 : 0xB0
  }
}

/// One or several packets that travel together.
///
/// The corresponding C type is `NET_BUFFER_LIST` (`ndis/nbl.h`), without `NetBufferListInfo`, whose
/// size differs between versions of NDIS.
public struct NetBufferList: GuestStructure {
  public let next = Field<GuestPointer<NetBufferList>>(x86: 0x00, x64: 0x00)
  public let firstNetBuffer = Field<GuestPointer<NetBuffer>>(x86: 0x04, x64: 0x08)
  public let context = Field<GuestPointer<NetBufferListContext>>(x86: 0x08, x64: 0x10)
  public let parent = Field<GuestPointer<NetBufferList>>(x86: 0x0C, x64: 0x18)
  public let poolHandle = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  public let sourceHandle = Field<VirtualAddress>(x86: 0x3C, x64: 0x78)
  public let nblFlags = Field<UInt32>(x86: 0x40, x64: 0x80)
  public let childReferenceCount = Field<Int32>(x86: 0x44, x64: 0x84)
  public let flags = Field<UInt32>(x86: 0x48, x64: 0x88)
  public let status = Field<NTStatus>(x86: 0x4C, x64: 0x8C)
  /// The first pointer of `NetBufferListInfo`.
  public let information = Field<VirtualAddress>(x86: 0x50, x64: 0x90)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x50 : 0x90
  }
}

/// Space for drivers at a list of net buffers.
///
/// The corresponding C type is `NET_BUFFER_LIST_CONTEXT`.
public struct NetBufferListContext: GuestStructure {
  public let next = Field<GuestPointer<NetBufferListContext>>(x86: 0x00, x64: 0x00)
  /// The bytes of data space.
  public let byteCount = Field<UInt16>(x86: 0x04, x64: 0x08)
  /// The bytes of data space before the part that is used.
  public let offset = Field<UInt16>(x86: 0x06, x64: 0x0A)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x08 : 0x10
  }
}

/// What a pool of lists of net buffers is to be like: `NET_BUFFER_LIST_POOL_PARAMETERS`.
public struct NetBufferListPoolParameters: GuestStructure {
  public let header = Field<UInt32>(x86: 0x00, x64: 0x00)
  public let protocolID = Field<UInt8>(x86: 0x04, x64: 0x04)
  public let allocatesNetBuffer = Field<Bool>(x86: 0x05, x64: 0x05)
  public let contextSize = Field<UInt16>(x86: 0x06, x64: 0x06)
  public let poolTag = Field<UInt32>(x86: 0x08, x64: 0x08)
  public let dataSize = Field<UInt32>(x86: 0x0C, x64: 0x0C)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable public static func size(on architecture: Architecture) -> Int { 0x10 }
}

/// What a pool of net buffers is to be like: `NET_BUFFER_POOL_PARAMETERS`.
public struct NetBufferPoolParameters: GuestStructure {
  public let header = Field<UInt32>(x86: 0x00, x64: 0x00)
  public let poolTag = Field<UInt32>(x86: 0x04, x64: 0x04)
  public let dataSize = Field<UInt32>(x86: 0x08, x64: 0x08)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable public static func size(on architecture: Architecture) -> Int { 0x0C }
}
