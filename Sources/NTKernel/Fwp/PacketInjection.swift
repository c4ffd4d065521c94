internal import GuestABI
internal import NTStructures

/// Packets that callout drivers inject into the network stack.
///
/// The stack takes every packet, and it goes nowhere: no callout sees it again. What a driver injects is
/// completed by a system thread, with the status that its list of net buffers has.
final class PacketInjection {
  /// The routine that a system thread starts in; it is not in the export table.
  private static let startRoutine = "FwppCompleteInjection"

  /// What an injection handle is for: `FWPS_INJECTION_TYPE_…`, or 0.
  private struct Handle {
    let types: UInt32
  }

  /// A packet on its way.
  private struct Packet {
    let handle: VirtualAddress
    let list: GuestPointer<NetBufferList>
    let context: VirtualAddress
    let completion: VirtualAddress
    let completionContext: VirtualAddress
  }

  private let netBuffers: NetBuffers
  private let manager: MemoryManager
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private let addressOfRoutine: (String) throws -> VirtualAddress
  private var handles: [VirtualAddress: Handle] = [:]
  /// The packets that are not completed, by their numbers.
  private var packets: [UInt64: Packet] = [:]
  private var nextPacket: UInt64 = 1
  /// The threads that destroy a handle, by the handle.
  private var waiters: [VirtualAddress: KernelThread] = [:]

  init(
    _ netBuffers: NetBuffers,
    _ dispatcher: Dispatcher,
    addressOfRoutine: @escaping (String) throws -> VirtualAddress
  ) {
    self.netBuffers = netBuffers
    manager = netBuffers.manager
    memory = netBuffers.memory
    self.dispatcher = dispatcher
    self.addressOfRoutine = addressOfRoutine
  }

  /// The routines that drivers import.
  var exports: [Export] { handleExports + injectingExports + listExports }

  private var handleExports: [Export] {
    [
      export("FwpsInjectionHandleCreate0") {
        [self]
        (family: UInt16, flags: UInt32, result: VirtualAddress) in
        try createHandle(family, flags, result)
      },
      export("FwpsInjectionHandleDestroy0") { [self] (handle: VirtualAddress) in
        guard handles[handle] != nil else {
          throw Unmodelled("FwpsInjectionHandleDestroy0 of a handle that is none")
        }
        return try destroy(handle)
      },
      export("FwpsQueryPacketInjectionState0") {
        [self]
        (handle: VirtualAddress, list: GuestPointer<NetBufferList>, context: VirtualAddress) in
        // FWPS_PACKET_NOT_INJECTED, …_BY_SELF, …_BY_OTHER.
        guard let packet = packets.values.first(where: { $0.list == list }) else {
          return UInt32(0)
        }
        guard packet.handle == handle else { return UInt32(2) }
        if context != .null { try memory.store(packet.context, at: context) }
        return UInt32(1)
      },
    ]
  }

  /// Makes an injection handle.
  ///
  /// The corresponding kernel routine is `FwpsInjectionHandleCreate0`.
  private func createHandle(
    _ family: UInt16,
    _ flags: UInt32,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    // STREAM, TRANSPORT, NETWORK, FORWARD, L2 and VSWITCH_TRANSPORT; AF_UNSPEC, AF_INET, AF_INET6.
    guard flags & ~0x3F == 0, [0, 2, 23].contains(family) else {
      throw Unmodelled("FwpsInjectionHandleCreate0 with family \(family) and flags \(flags)")
    }
    guard flags & 4 == 0 || family != 0 else {
      throw Unmodelled("FwpsInjectionHandleCreate0 for the network without an address family")
    }
    let tag: UInt32 = 0x6B70_7746
    let caller = manager.context.caller
    guard let handle = try manager.allocatePool(0x20, .nonpaged, tag: tag, caller: caller) else {
      return .insufficientResources
    }
    try memory.fill(at: handle, count: 0x20)
    try memory.store(handle, at: result)
    handles[handle] = Handle(types: flags)
    return .success
  }

  /// Frees a handle; the thread waits until the packets that were injected with it are completed.
  private func destroy(_ handle: VirtualAddress) throws -> Completion {
    guard packets.values.contains(where: { $0.handle == handle }) else {
      try free(handle)
      return .returned(NTStatus.success)
    }
    guard waiters[handle] == nil else {
      throw Unmodelled("FwpsInjectionHandleDestroy0 of a handle that another thread destroys")
    }
    waiters[handle] = dispatcher.current
    return try dispatcher.waitUntilWoken("FwpsInjectionHandleDestroy0")
  }

  private func free(_ handle: VirtualAddress) throws {
    handles[handle] = nil
    try manager.freePool(handle, caller: manager.context.caller)
  }

  /// Lets the thread go on that destroys a handle, if its last packet is completed.
  private func wakeWaiter(for handle: VirtualAddress) throws {
    guard let waiter = waiters[handle] else { return }
    guard !packets.values.contains(where: { $0.handle == handle }) else { return }
    waiters[handle] = nil
    try free(handle)
    dispatcher.wake(waiter, returning: NTStatus.success)
  }

  private var injectingExports: [Export] {
    [
      export("FwpsInjectNetworkSendAsync0") {
        [self]
        (
          handle: VirtualAddress,
          context: VirtualAddress,
          flags: UInt32,
          compartment: UInt32,
          list: GuestPointer<NetBufferList>,
          completion: VirtualAddress,
          completionContext: VirtualAddress
        ) in
        let packet = Packet(
          handle: handle,
          list: list,
          context: context,
          completion: completion,
          completionContext: completionContext
        )
        return try inject(packet, type: 4, "FwpsInjectNetworkSendAsync0")
      },
      export("FwpsInjectNetworkReceiveAsync0") {
        [self]
        (
          handle: VirtualAddress,
          context: VirtualAddress,
          flags: UInt32,
          compartment: UInt32,
          interface: UInt32,
          subinterface: UInt32,
          list: GuestPointer<NetBufferList>,
          completion: VirtualAddress,
          completionContext: VirtualAddress
        ) in
        let packet = Packet(
          handle: handle,
          list: list,
          context: context,
          completion: completion,
          completionContext: completionContext
        )
        return try inject(packet, type: 4, "FwpsInjectNetworkReceiveAsync0")
      },
      export("FwpsInjectForwardAsync0") {
        [self]
        (
          handle: VirtualAddress,
          context: VirtualAddress,
          flags: UInt32,
          family: UInt16,
          compartment: UInt32,
          interface: UInt32,
          list: GuestPointer<NetBufferList>,
          completion: VirtualAddress,
          completionContext: VirtualAddress
        ) in
        let packet = Packet(
          handle: handle,
          list: list,
          context: context,
          completion: completion,
          completionContext: completionContext
        )
        return try inject(packet, type: 8, "FwpsInjectForwardAsync0")
      },
      export(Self.startRoutine) { [self] (number: GuestWord) in
        try complete(number.rawValue)
      },
    ]
  }

  /// Sends a packet on its way.
  ///
  /// - Returns: `STATUS_SUCCESS`, or `STATUS_FWP_INJECT_HANDLE_STALE` if the handle is for something else.
  private func inject(_ packet: Packet, type: UInt32, _ routine: String) throws -> NTStatus {
    guard let handle = handles[packet.handle] else {
      throw Unmodelled("\(routine) with a handle that is none")
    }
    // A handle that is made for nothing in particular is for transport, stream and forward.
    let types = handle.types == 0 ? 0xB : handle.types
    guard types & type != 0 else { return .fwpInjectHandleStale }
    guard netBuffers.isInUse(packet.list), packet.completion != .null else {
      throw Unmodelled("\(routine) of what is not a NET_BUFFER_LIST, or without a completion")
    }
    guard packets.count < 10_000 else { return .insufficientResources }
    let number = nextPacket
    nextPacket += 1
    packets[number] = packet
    _ = try dispatcher.createThread(GuestCall(addressOfRoutine(Self.startRoutine), number))
    return .success
  }

  /// Calls the driver's completion routine for a packet.
  ///
  /// The corresponding call-back is `FWPS_INJECT_COMPLETE0`.
  private func complete(_ number: UInt64) throws -> Completion {
    guard let packet = packets[number] else {
      throw Unmodelled("a packet that is completed and was not injected")
    }
    let call = GuestCall(
      packet.completion,
      packet.completionContext.rawValue,
      packet.list.address.rawValue,
      0
    )
    return .call(call) { [self] _ in
      packets[number] = nil
      try wakeWaiter(for: packet.handle)
      return .done
    }
  }

  private var listExports: [Export] {
    [
      export("FwpsAllocateNetBufferAndNetBufferList0") {
        [self]
        (
          pool: VirtualAddress,
          contextSize: UInt16,
          backFill: UInt16,
          chain: GuestPointer<MDL>,
          offset: UInt32,
          byteCount: GuestWord,
          result: VirtualAddress
        ) in
        let list = try netBuffers.allocatePair(
          from: pool,
          contextSize,
          backFill,
          chain,
          offset,
          byteCount,
          "FwpsAllocateNetBufferAndNetBufferList0"
        )
        guard !list.isNull else { return NTStatus.insufficientResources }
        try memory.store(list, at: result)
        return NTStatus.success
      },
      export("FwpsFreeNetBufferList0") { [self] (list: GuestPointer<NetBufferList>) in
        try netBuffers.freeList(list, "FwpsFreeNetBufferList0")
      },
      export("FwpsAllocateCloneNetBufferList0") {
        [self]
        (
          original: GuestPointer<NetBufferList>,
          listPool: VirtualAddress,
          netBufferPool: VirtualAddress,
          flags: UInt32,
          result: VirtualAddress
        ) in
        let list = try netBuffers.clone(
          original,
          listPool: listPool,
          netBufferPool: netBufferPool,
          flags: flags
        )
        guard let list else { return NTStatus.insufficientResources }
        try memory.store(list, at: result)
        return NTStatus.success
      },
      export("FwpsFreeCloneNetBufferList0") {
        [self]
        (list: GuestPointer<NetBufferList>, flags: UInt32) in
        try netBuffers.freeClone(list)
      },
    ]
  }
}
