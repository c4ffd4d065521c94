internal import GuestABI
internal import NTReleases
internal import NTStructures

/// Sets of processors of all groups: `KAFFINITY_EX`, which is opaque to drivers.
///
/// It holds the number of bitmaps in use, the number of bitmaps that there are, a reserved number, and
/// from 8 on the bitmaps, one for each group, as the headers of VirtualBox's drivers have it.
final class ExtendedAffinities {
  private let memory: AddressSpace
  private let groupCount: Int

  /// Creates the routines of a kernel.
  init(_ dispatcher: Dispatcher) {
    memory = dispatcher.memory
    groupCount = dispatcher.manager.behaviour.extendedAffinityGroups
  }

  /// The routines that drivers import.
  ///
  /// The one processor is the first of the first group.
  var exports: [Export] {
    [
      export("KeInitializeAffinityEx") { [self] (affinity: VirtualAddress) in
        try memory.fill(at: affinity, count: 8 + groupCount * memory.architecture.pointerSize)
        try memory.store(UInt16(1), at: affinity)
        try memory.store(UInt16(groupCount), at: affinity + 2)
      },
      export("KeAddProcessorAffinityEx") { [self] (affinity: VirtualAddress, index: UInt32) in
        try requireFirst(index, "KeAddProcessorAffinityEx")
        try memory.store(bitmap(affinity) | 1, at: affinity + 8)
      },
      export("KeRemoveProcessorAffinityEx") { [self] (affinity: VirtualAddress, index: UInt32) in
        try requireFirst(index, "KeRemoveProcessorAffinityEx")
        try memory.store(bitmap(affinity) & ~1, at: affinity + 8)
      },
      export("KeCheckProcessorAffinityEx") { [self] (affinity: VirtualAddress, index: UInt32) in
        try index == 0 && bitmap(affinity) & 1 != 0 ? UInt32(1) : UInt32(0)
      },
    ]
  }

  private func requireFirst(_ index: UInt32, _ routine: String) throws {
    guard index == 0 else {
      throw Unmodelled("\(routine): processor \(index), which there is not")
    }
  }

  private func bitmap(_ affinity: VirtualAddress) throws -> UInt32 {
    try memory.load(UInt32.self, at: affinity + 8)
  }
}
