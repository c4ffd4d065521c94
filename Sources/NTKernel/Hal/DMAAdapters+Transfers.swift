internal import GuestABI
internal import NTStructures

extension DMAAdapters {
  /// Memory that driver and device share.
  var bufferExports: [Export] {
    [
      export("HalAllocateCommonBuffer") {
        [self]
        (
          adapter: VirtualAddress,
          byteCount: UInt32,
          logical: GuestPointer<PhysicalAddress>,
          isCached: Bool
        ) in
        let routine = "HalAllocateCommonBuffer"
        let highest = try self.adapter(adapter, routine).highestAddress
        let buffer = try manager.allocateContiguous(
          GuestWord(byteCount),
          in: 0...highest,
          options: isCached ? .writable : [.writable, .cacheDisabled, .writeThrough],
          for: routine
        )
        if buffer != .null {
          try memory.store(manager.physicalAddress(of: buffer), at: logical.address)
        }
        return buffer
      },
      export("HalFreeCommonBuffer") {
        [self]
        (
          adapter: VirtualAddress,
          byteCount: UInt32,
          logical: PhysicalAddress,
          buffer: VirtualAddress,
          isCached: Bool
        ) in
        let routine = "HalFreeCommonBuffer"
        _ = try self.adapter(adapter, routine)
        guard manager.physicalAddress(of: buffer) == logical else {
          throw Unmodelled("\(routine) with another logical address than was given out")
        }
        try manager.freeContiguous(buffer, byteCount: GuestWord(byteCount), routine)
      },
    ]
  }

  /// Transfers that drivers map piece by piece.
  var channelExports: [Export] {
    [
      export("IoAllocateAdapterChannel") {
        [self]
        (
          adapter: VirtualAddress,
          device: GuestPointer<DeviceObject>,
          count: UInt32,
          routine: AdapterControl,
          context: VirtualAddress
        ) in
        try allocateChannel(adapter, device, count, routine, context)
      },
      export("IoFreeAdapterChannel") { [self] (adapter: VirtualAddress) in
        _ = try self.adapter(adapter, "IoFreeAdapterChannel")
        setKept(false, adapter)
      },
      export("IoFreeMapRegisters") {
        [self] (adapter: VirtualAddress, base: VirtualAddress, count: UInt32) in
        _ = try self.adapter(adapter, "IoFreeMapRegisters")
      },
      export("IoMapTransfer") {
        [self]
        (
          adapter: VirtualAddress,
          mdl: GuestPointer<MDL>,
          base: VirtualAddress,
          address: VirtualAddress,
          length: GuestPointer<UInt32>,
          isWrite: Bool
        ) in
        try mapTransfer(adapter, mdl, address, length)
      },
      // Without map registers there is nothing to copy back.
      export("IoFlushAdapterBuffers") {
        [self]
        (
          adapter: VirtualAddress,
          mdl: GuestPointer<MDL>,
          base: VirtualAddress,
          address: VirtualAddress,
          length: UInt32,
          isWrite: Bool
        ) in
        _ = try self.adapter(adapter, "IoFlushAdapterBuffers")
        return true
      },
    ]
  }

  /// A driver's routine that starts a transfer: `PDRIVER_CONTROL`.
  typealias AdapterControl = GuestFunction<
    UInt32, GuestPointer<DeviceObject>, GuestPointer<IRP>, VirtualAddress, VirtualAddress
  >

  /// Gives a driver's routine the adapter.
  ///
  /// The corresponding kernel routine is `IoAllocateAdapterChannel`. The routine is called at once, at
  /// `DISPATCH_LEVEL`; what it returns says who keeps the adapter.
  private func allocateChannel(
    _ address: VirtualAddress,
    _ device: GuestPointer<DeviceObject>,
    _ count: UInt32,
    _ routine: AdapterControl,
    _ context: VirtualAddress
  ) throws -> Completion {
    let name = "IoAllocateAdapterChannel"
    let adapter = try adapter(address, name)
    guard count <= adapter.mapRegisterCount else {
      return .returned(NTStatus.insufficientResources)
    }
    guard !adapter.isKept else { throw Unmodelled("\(name) of an adapter that is in use") }
    let irp = try memory[device].currentIRP
    setKept(true, address)
    return try atDispatchLevel { restore in
      routine.call(device, irp, address, context) { [self] action in
        try restore()
        switch action {
        case 1: break  // KeepObject
        case 2, 3: setKept(false, address)  // DeallocateObject, DeallocateObjectKeepRegisters
        default: throw Unmodelled("\(name): AdapterControl returns \(action)")
        }
        return .returned(NTStatus.success)
      }
    }
  }

  /// Calls a routine of a driver at `DISPATCH_LEVEL`; `restore` goes back to the level before.
  func atDispatchLevel(
    _ body: (_ restore: @escaping () throws -> Void) throws -> Completion
  ) throws -> Completion {
    let old = dispatcher.irql
    guard old <= .dispatch else { throw Unmodelled("a transfer at IRQL \(old.rawValue)") }
    try dispatcher.setIRQL(.dispatch)
    return try body { [dispatcher] in try dispatcher.setIRQL(old) }
  }

  /// Returns the device's address of a part of a buffer, and how much of it follows there.
  ///
  /// The corresponding kernel routine is `IoMapTransfer`. For a device that takes pieces, the length
  /// becomes that of the first piece.
  private func mapTransfer(
    _ address: VirtualAddress,
    _ mdl: GuestPointer<MDL>,
    _ current: VirtualAddress,
    _ length: GuestPointer<UInt32>
  ) throws -> PhysicalAddress {
    let adapter = try adapter(address, "IoMapTransfer")
    let asked = try memory.load(UInt32.self, at: length.address)
    guard asked > 0, let pieces = try pieces(of: mdl, from: current, byteCount: asked, limit: 1),
      let first = pieces.first
    else { throw Unmodelled("IoMapTransfer of more than the MDL describes") }
    guard adapter.isScatterGather || first.byteCount == asked else {
      throw Unmodelled("IoMapTransfer of separate pages, which needs map registers")
    }
    try memory.store(first.byteCount, at: length.address)
    return first.address
  }

  /// A piece of memory whose pages follow each other.
  struct Piece {
    let address: PhysicalAddress
    var byteCount: UInt32
  }

  /// Returns the pieces of a part of a buffer, which may go on in the MDLs behind the first.
  ///
  /// - Parameters:
  ///   - mdl: The first MDL.
  ///   - current: Where the part begins, as an index into the MDL.
  ///   - byteCount: The bytes of the part.
  ///   - limit: The pieces that are enough.
  /// - Returns: The pieces, or nil if the part is longer than what is described.
  /// - Throws: ``Unmodelled`` if pages are not locked; a `GuestFault` if an MDL cannot be read.
  func pieces(
    of mdl: GuestPointer<MDL>,
    from current: VirtualAddress,
    byteCount: UInt32,
    limit: Int = .max
  ) throws -> [Piece]? {
    let width = memory.architecture.pointerSize
    var (mdl, left, pieces) = (mdl, byteCount, [Piece]())
    var skipped = current.rawValue &- (try start(of: mdl).rawValue)
    // A longer chain goes in circles.
    for _ in 0..<0x1_0000 {
      let view = memory[mdl]
      let described: MDL.Flags = [.pagesLocked, .sourceIsNonpagedPool, .partial, .ioSpace]
      guard try !view.flags.isDisjoint(with: described) else {
        throw Unmodelled("a transfer of an MDL whose pages are not locked")
      }
      let count = try UInt64(view.byteCount)
      guard skipped <= count else { return nil }
      let array = MDL.pageFrames(of: mdl, on: memory.architecture)
      var place = try UInt64(view.byteOffset & 0xFFF) + skipped
      var inThis = UInt32(min(count - skipped, UInt64(left)))
      while inThis > 0 {
        let number = try memory.load(GuestWord.self, at: array + Int(place >> 12) * width)
        let offset = place & 0xFFF
        let size = min(UInt32(4096 - offset), inThis)
        let address = PhysicalAddress(rawValue: number.rawValue << 12 | offset)
        if let last = pieces.last, last.address + Int(last.byteCount) == address {
          pieces[pieces.count - 1].byteCount += size
        } else {
          guard pieces.count < limit else { return pieces }
          pieces.append(Piece(address: address, byteCount: size))
        }
        place += UInt64(size)
        inThis -= size
        left -= size
      }
      guard left > 0 else { return pieces }
      mdl = try view.next
      guard !mdl.isNull else { return nil }
      skipped = 0
    }
    throw Unmodelled("a transfer of a cyclic chain of MDLs")
  }

  private func start(of mdl: GuestPointer<MDL>) throws -> VirtualAddress {
    let view = memory[mdl]
    return try view.startVA + Int(view.byteOffset)
  }
}
