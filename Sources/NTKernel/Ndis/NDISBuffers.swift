internal import GuestABI
internal import NTStructures

/// The buffers of NDIS 5 and earlier: an `NDIS_BUFFER` is an MDL of nonpaged memory.
///
/// The facts are those of the NDIS 5.1 reference of the Windows XP DDK.
final class NDISBuffers {
  private let memory: AddressSpace
  private let manager: MemoryManager
  private let netBuffers: NetBuffers
  private var pools: Set<VirtualAddress> = []

  init(_ netBuffers: NetBuffers) {
    self.netBuffers = netBuffers
    manager = netBuffers.manager
    memory = netBuffers.memory
  }

  /// The routines that drivers import.
  var exports: [Export] { poolExports + bufferExports + queryExports }

  private var poolExports: [Export] {
    [
      export("NdisAllocateBufferPool") {
        [self]
        (status: VirtualAddress, result: VirtualAddress, count: UInt32) in
        let tag: UInt32 = 0x6270_444E  // NDpb
        let caller = manager.context.caller
        let block = try manager.allocatePool(0x20, .nonpaged, tag: tag, caller: caller)
        if let block {
          try memory.fill(at: block, count: 0x20)
          pools.insert(block)
        }
        try memory.store(block ?? .null, at: result)
        try memory.store(block == nil ? .insufficientResources : NTStatus.success, at: status)
      },
      export("NdisFreeBufferPool") { [self] (pool: VirtualAddress) in
        guard pools.remove(pool) != nil else {
          throw Unmodelled("NdisFreeBufferPool of \(pool), which is not a pool")
        }
        try manager.freePool(pool, caller: manager.context.caller)
      },
    ]
  }

  private var bufferExports: [Export] {
    [
      export("NdisAllocateBuffer") {
        [self]
        (
          status: VirtualAddress,
          result: VirtualAddress,
          pool: VirtualAddress,
          address: VirtualAddress,
          byteCount: UInt32
        ) in
        let mdl = try manager.allocateMDL(
          for: address,
          byteCount: Int(byteCount),
          caller: manager.context.caller
        )
        if let mdl { try manager.buildMDLForNonpagedPool(mdl) }
        try memory.store(mdl ?? GuestPointer(.null), at: result)
        try memory.store(mdl == nil ? .insufficientResources : NTStatus.success, at: status)
      },
      export("NdisCopyBuffer") {
        [self]
        (
          status: VirtualAddress,
          result: VirtualAddress,
          pool: VirtualAddress,
          source: GuestPointer<MDL>,
          offset: UInt32,
          byteCount: UInt32
        ) in
        let start = try memory[source].startVA + Int(memory[source].byteOffset) + Int(offset)
        let mdl = try manager.allocateMDL(
          for: start,
          byteCount: Int(byteCount),
          caller: manager.context.caller
        )
        if let mdl {
          try manager.buildPartialMDL(from: source, to: mdl, at: start, byteCount: byteCount)
        }
        try memory.store(mdl ?? GuestPointer(.null), at: result)
        try memory.store(mdl == nil ? .insufficientResources : NTStatus.success, at: status)
      },
      export("NdisFreeBuffer") { [self] (mdl: GuestPointer<MDL>) in try manager.freeMDL(mdl) },
      export("NdisAdjustBufferLength") { [self] (mdl: GuestPointer<MDL>, byteCount: UInt32) in
        try memory[mdl].store(byteCount, in: \.byteCount)
      },
    ]
  }

  private var queryExports: [Export] {
    [
      export("NdisQueryBuffer") {
        [self]
        (mdl: GuestPointer<MDL>, address: VirtualAddress, byteCount: VirtualAddress) in
        // MmGetSystemAddressForMdl stops the system if it cannot map the pages.
        if address != .null { try memory.store(systemAddress(of: mdl), at: address) }
        try memory.store(memory[mdl].byteCount, at: byteCount)
      },
      export("NdisQueryBufferSafe") {
        [self]
        (
          mdl: GuestPointer<MDL>,
          address: VirtualAddress,
          byteCount: VirtualAddress,
          priority: UInt32
        ) in
        if address != .null {
          try memory.store(netBuffers.systemAddress(of: mdl), at: address)
        }
        try memory.store(memory[mdl].byteCount, at: byteCount)
      },
      export("NdisQueryBufferOffset") {
        [self]
        (mdl: GuestPointer<MDL>, offset: VirtualAddress, byteCount: VirtualAddress) in
        try memory.store(memory[mdl].byteOffset, at: offset)
        try memory.store(memory[mdl].byteCount, at: byteCount)
      },
      export("NdisBufferVirtualAddress", to: systemAddress(of:)),
      export("NdisBufferLength") { [self] (mdl: GuestPointer<MDL>) in try memory[mdl].byteCount },
      export("NDIS_BUFFER_TO_SPAN_PAGES", to: pageCount(of:)),
      export("NdisGetBufferPhysicalArraySize") {
        [self]
        (mdl: GuestPointer<MDL>, result: VirtualAddress) in
        try memory.store(pageCount(of: mdl), at: result)
      },
    ]
  }

  /// Returns where the bytes of an MDL are, as `MmGetSystemAddressForMdl` does.
  private func systemAddress(of mdl: GuestPointer<MDL>) throws -> VirtualAddress {
    let flags = try memory[mdl].flags
    guard flags.isDisjoint(with: [.mappedToSystemVA, .sourceIsNonpagedPool]) else {
      return try memory[mdl].mappedSystemVA
    }
    return try manager.mapLockedPages(mdl, mode: .kernel)
  }

  /// Returns the pages that an MDL spans; one of no bytes spans one, as NDIS counts.
  private func pageCount(of mdl: GuestPointer<MDL>) throws -> UInt32 {
    let view = memory[mdl]
    let start = try view.startVA + Int(view.byteOffset)
    let count = try Int(view.byteCount)
    return UInt32(clamping: count == 0 ? 1 : MDL.pageCount(from: start, byteCount: count))
  }
}
