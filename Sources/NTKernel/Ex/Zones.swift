internal import GuestABI
internal import NTStructures

/// Zones: segments of memory that are divided into blocks of one size, as the first releases had them.
///
/// A `ZONE_HEADER` holds two `SINGLE_LIST_ENTRY`s, the free blocks and the segments, then the size of a
/// block and of all segments. Macros of the header take blocks and give them back. A segment begins
/// with a `ZONE_SEGMENT_HEADER`: a `SINGLE_LIST_ENTRY` and a reserved pointer.
final class Zones {
  private let memory: AddressSpace

  /// Creates the routines of a kernel.
  init(memory: AddressSpace) { self.memory = memory }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("ExInitializeZone") {
        [self]
        (zone: VirtualAddress, blockSize: UInt32, segment: VirtualAddress, size: UInt32) in
        guard blockSize & 7 == 0, segment.rawValue & 7 == 0, blockSize > 0, blockSize <= size else {
          return NTStatus.invalidParameter
        }
        try memory.fill(at: zone, count: 2 * width + 8)
        try memory.store(blockSize, at: zone + 2 * width)
        try add(segment, size, of: Int(blockSize), to: zone)
        return .success
      },
      export("ExExtendZone") {
        [self] (zone: VirtualAddress, segment: VirtualAddress, size: UInt32) in
        try extend(zone, segment, size)
      },
      export("ExInterlockedExtendZone") {
        [self]
        (zone: VirtualAddress, segment: VirtualAddress, size: UInt32, lock: VirtualAddress) in
        // Nothing else runs meanwhile on the one processor.
        try extend(zone, segment, size)
      },
    ]
  }

  private var width: Int { memory.architecture.pointerSize }

  private func extend(
    _ zone: VirtualAddress,
    _ segment: VirtualAddress,
    _ size: UInt32
  ) throws -> NTStatus {
    let blockSize = try memory.load(UInt32.self, at: zone + 2 * width)
    guard segment.rawValue & 7 == 0, size & 7 == 0, blockSize > 0, blockSize <= size else {
      return .unsuccessful
    }
    try add(segment, size, of: Int(blockSize), to: zone)
    return .success
  }

  /// Divides a segment into blocks, of which the last becomes the first free one.
  private func add(
    _ segment: VirtualAddress,
    _ size: UInt32,
    of blockSize: Int,
    to zone: VirtualAddress
  ) throws {
    try memory.store(memory.load(VirtualAddress.self, at: zone + width), at: segment)
    try memory.store(VirtualAddress.null, at: segment + width)
    try memory.store(segment, at: zone + width)
    let total = try memory.load(UInt32.self, at: zone + (2 * width + 4))
    try memory.store(total &+ size, at: zone + (2 * width + 4))
    var free = try memory.load(VirtualAddress.self, at: zone)
    var offset = 2 * width
    while offset + blockSize <= Int(size) {
      try memory.store(free, at: segment + offset)
      free = segment + offset
      offset += blockSize
    }
    try memory.store(free, at: zone)
  }
}
