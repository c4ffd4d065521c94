internal import GuestABI
internal import NTStructures

/// A pool from which NDIS gives out net buffers, or lists of them.
///
/// Drivers know it by a handle, which is the address of a block that stands for it.
final class NetBufferPool {
  /// What the pool gives out.
  enum Kind {
    case netBuffers
    case lists
  }

  let kind: Kind
  let tag: UInt32
  let protocolID: UInt8
  /// Whether each list comes with a net buffer.
  let allocatesNetBuffer: Bool
  /// The bytes of context that each list comes with.
  let contextSize: Int
  /// The bytes of data that each net buffer comes with.
  let dataSize: Int
  /// What has been given out and not come back.
  var useCount = 0

  init(
    _ kind: Kind,
    tag: UInt32,
    protocolID: UInt8 = 0,
    allocatesNetBuffer: Bool = false,
    contextSize: Int = 0,
    dataSize: Int
  ) {
    self.kind = kind
    self.tag = tag
    self.protocolID = protocolID
    self.allocatesNetBuffer = allocatesNetBuffer
    self.contextSize = contextSize
    self.dataSize = dataSize
  }
}

/// Something that NDIS allocated for a net buffer, beside what its pool gives out.
struct NetBufferData {
  /// The MDL's memory, or NULL if a driver's routine allocated it.
  let data: VirtualAddress
  /// Whether a routine of the driver's allocated the MDL, and must free it.
  let isDrivers: Bool
}
