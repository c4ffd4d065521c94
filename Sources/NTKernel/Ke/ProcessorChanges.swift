internal import GuestABI
internal import NTStructures

/// Routines that drivers want called when processors come, or an interrupt that cannot be masked.
///
/// The machine has one processor from its start on, and no such interrupt.
final class ProcessorChanges {
  private let memory: AddressSpace
  private let manager: MemoryManager
  private var changes: Set<VirtualAddress> = []
  private var interrupts: Set<VirtualAddress> = []

  private static var tag: UInt32 { 0x6863_7250 }  // Prch
  private static var limit: Int { 10_000 }

  /// Creates lists without routines.
  init(_ manager: MemoryManager) {
    memory = manager.memory
    self.manager = manager
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("KeRegisterProcessorChangeCallback") {
        [self] (routine: VirtualAddress, context: GuestWord, flags: UInt32) in
        guard let handle = try makeHandle(changes.count) else {
          return Completion.returned(VirtualAddress.null)
        }
        changes.insert(handle)
        // KE_PROCESSOR_CHANGE_ADD_EXISTING.
        guard flags & 1 != 0 else { return Completion.returned(handle) }
        return try announce(to: routine, context, handle)
      },
      export("KeDeregisterProcessorChangeCallback") { [self] (handle: VirtualAddress) -> Void in
        guard changes.remove(handle) != nil else {
          throw Unmodelled("KeDeregisterProcessorChangeCallback: a handle that is not registered")
        }
        try manager.freePool(handle)
      },
      export("KeRegisterNmiCallback") {
        [self] (routine: VirtualAddress, context: VirtualAddress) in
        guard let handle = try makeHandle(interrupts.count) else { return VirtualAddress.null }
        interrupts.insert(handle)
        return handle
      },
      export("KeDeregisterNmiCallback") { [self] (handle: VirtualAddress) in
        guard interrupts.remove(handle) != nil else { return NTStatus.invalidHandle }
        try manager.freePool(handle)
        return .success
      },
    ]
  }

  private func makeHandle(_ count: Int) throws -> VirtualAddress? {
    guard count < Self.limit else { throw Unmodelled("more than \(Self.limit) routines of a kind") }
    return try manager.allocatePool(16, .nonpaged, tag: Self.tag)
  }

  /// Tells a driver of the processor that there is: that it is to be added, and that it has been or,
  /// if the driver said no, that it has not.
  ///
  /// A driver that fails the only processor is not called again (Microsoft Docs,
  /// nf-wdm-keregisterprocessorchangecallback). `KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT` has the state, the
  /// number, a status and a `PROCESSOR_NUMBER`; the status to change is behind it.
  private func announce(
    to routine: VirtualAddress,
    _ context: GuestWord,
    _ handle: VirtualAddress
  ) throws -> Completion {
    guard let block = try manager.allocatePool(24, .nonpaged, tag: Self.tag) else {
      throw Unmodelled("KeRegisterProcessorChangeCallback: running out of memory")
    }
    try memory.fill(at: block, count: 24)
    let status = block + 16
    let call = GuestCall(routine, context.rawValue, block.rawValue, status.rawValue)
    return .call(call) { [self] _ in
      guard try memory.load(NTStatus.self, at: status).isSuccess else {
        try manager.freePool(block)
        return .returned(handle)
      }
      // KeProcessorAddCompleteNotify.
      try memory.store(UInt32(1), at: block)
      return .call(call) { [self] _ in
        try manager.freePool(block)
        return .returned(handle)
      }
    }
  }
}
