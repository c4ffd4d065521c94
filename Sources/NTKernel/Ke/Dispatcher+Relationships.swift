internal import GuestABI
internal import NTStructures

/// How the processors of the machine belong together: there is one, in one group.
extension Dispatcher {
  /// The routines that drivers import.
  var relationshipExports: [Export] {
    [
      export("KeQueryLogicalProcessorRelationship") {
        [self]
        (
          processor: VirtualAddress,
          relationship: UInt32,
          information: VirtualAddress,
          length: GuestPointer<UInt32>
        ) in
        // RelationGroup; the others tell of cores, caches and packages.
        guard relationship == 4 else {
          throw Unmodelled("KeQueryLogicalProcessorRelationship: relationship \(relationship)")
        }
        // SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX with one PROCESSOR_GROUP_INFO.
        let width = memory.architecture.pointerSize
        let size = 32 + 40 + width
        let room = try memory.load(UInt32.self, at: length.address)
        try memory.store(UInt32(size), at: length.address)
        guard information != .null, Int(room) >= size else { return NTStatus.infoLengthMismatch }
        try memory.fill(at: information, count: size)
        try memory.store(UInt32(4), at: information)
        try memory.store(UInt32(size), at: information + 4)
        // MaximumGroupCount and ActiveGroupCount.
        try memory.store(UInt16(1), at: information + 8)
        try memory.store(UInt16(1), at: information + 10)
        // MaximumProcessorCount, ActiveProcessorCount and ActiveProcessorMask.
        try memory.store(UInt8(1), at: information + 32)
        try memory.store(UInt8(1), at: information + 33)
        try memory.store(GuestWord(1), at: information + 72)
        return .success
      }
    ]
  }
}
