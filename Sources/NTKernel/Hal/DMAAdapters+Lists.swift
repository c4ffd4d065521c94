internal import GuestABI
internal import NTStructures

extension DMAAdapters {
  /// A driver's routine that starts a transfer of a list of pieces: `PDRIVER_LIST_CONTROL`.
  typealias ListControl = GuestFunction<
    Void, GuestPointer<DeviceObject>, GuestPointer<IRP>, GuestPointer<ScatterGatherList>,
    VirtualAddress
  >

  /// Transfers as lists of pieces.
  var listExports: [Export] {
    [
      export("HalpGetScatterGatherList") {
        [self]
        (
          adapter: VirtualAddress,
          device: GuestPointer<DeviceObject>,
          mdl: GuestPointer<MDL>,
          current: VirtualAddress,
          byteCount: UInt32,
          routine: ListControl,
          context: VirtualAddress,
          isWrite: Bool
        ) -> Completion in
        let name = "GetScatterGatherList"
        let (status, pieces) = try pieces(adapter, mdl, current, byteCount, name)
        guard status == .success else { return .returned(status) }
        guard
          let list = try manager.allocatePool(size(of: pieces.count), .nonpaged, tag: 0x5347_6148)
        else { return .returned(NTStatus.insufficientResources) }
        lists[list] = true
        return try start(routine, device, GuestPointer(list), pieces, context)
      },
      export("HalpPutScatterGatherList") {
        [self] (adapter: VirtualAddress, list: VirtualAddress, isWrite: Bool) in
        let name = "PutScatterGatherList"
        _ = try self.adapter(adapter, name)
        guard let isAllocated = lists.removeValue(forKey: list) else {
          throw Unmodelled("\(name) of what is no list, or no longer")
        }
        if isAllocated { try manager.freePool(list) }
      },
      export("HalpCalculateScatterGatherList") {
        [self]
        (
          adapter: VirtualAddress,
          mdl: GuestPointer<MDL>,
          current: VirtualAddress,
          byteCount: UInt32,
          listSize: GuestPointer<UInt32>,
          registerCount: GuestPointer<UInt32>
        ) -> NTStatus in
        let spanned = (current.offsetInPage + Int(byteCount) + 4095) / 4096
        var count = spanned
        if !mdl.isNull {
          let name = "CalculateScatterGatherList"
          let (status, pieces) = try pieces(adapter, mdl, current, byteCount, name)
          guard status == .success else { return status }
          count = pieces.count
        }
        try memory.store(UInt32(clamping: size(of: count)), at: listSize.address)
        if !registerCount.isNull { try memory.store(UInt32(spanned), at: registerCount.address) }
        return .success
      },
      export("HalpBuildScatterGatherList") {
        [self]
        (
          adapter: VirtualAddress,
          device: GuestPointer<DeviceObject>,
          mdl: GuestPointer<MDL>,
          current: VirtualAddress,
          byteCount: UInt32,
          routine: ListControl,
          context: VirtualAddress,
          isWrite: Bool,
          list: VirtualAddress,
          listSize: UInt32
        ) -> Completion in
        let name = "BuildScatterGatherList"
        let (status, pieces) = try pieces(adapter, mdl, current, byteCount, name)
        guard status == .success else { return .returned(status) }
        guard size(of: pieces.count) <= Int(listSize) else {
          return .returned(NTStatus.bufferTooSmall)
        }
        lists[list] = false
        return try start(routine, device, GuestPointer(list), pieces, context)
      },
    ]
  }

  /// The bytes of a list.
  private func size(of count: Int) -> Int {
    let architecture = memory.architecture
    return ScatterGatherList.size(on: architecture)
      + count * ScatterGatherList.elementSize(on: architecture)
  }

  /// Returns the pieces of a transfer, or why there are none.
  private func pieces(
    _ address: VirtualAddress,
    _ mdl: GuestPointer<MDL>,
    _ current: VirtualAddress,
    _ byteCount: UInt32,
    _ routine: String
  ) throws -> (NTStatus, [Piece]) {
    let adapter = try adapter(address, routine)
    guard byteCount > 0 else { throw Unmodelled("\(routine) of no bytes") }
    guard (current.offsetInPage + Int(byteCount) + 4095) / 4096 <= adapter.mapRegisterCount else {
      return (.insufficientResources, [])
    }
    guard let pieces = try pieces(of: mdl, from: current, byteCount: byteCount) else {
      return (.bufferTooSmall, [])
    }
    guard adapter.isScatterGather || pieces.count == 1 else {
      throw Unmodelled("\(routine) of separate pages, which needs map registers")
    }
    return (.success, pieces)
  }

  /// Fills a list in and calls the routine that starts its transfer, at `DISPATCH_LEVEL`.
  private func start(
    _ routine: ListControl,
    _ device: GuestPointer<DeviceObject>,
    _ list: GuestPointer<ScatterGatherList>,
    _ pieces: [Piece],
    _ context: VirtualAddress
  ) throws -> Completion {
    try memory.modify(list) { list in
      list.elementCount = UInt32(pieces.count)
      list.reserved = GuestWord(0)
    }
    let size = ScatterGatherList.elementSize(on: memory.architecture)
    var place = list.address + ScatterGatherList.size(on: memory.architecture)
    for piece in pieces {
      try memory.store(piece.address, at: place)
      try memory.store(piece.byteCount, at: place + 8)
      try memory.store(GuestWord(0), at: place + (size - memory.architecture.pointerSize))
      place = place + size
    }
    let irp = try memory[device].currentIRP
    return try atDispatchLevel { restore in
      .call(routine.call(device, irp, list, context)) { _ in
        try restore()
        return .returned(NTStatus.success)
      }
    }
  }
}
