internal import GuestABI
internal import NTStructures

/// What the product and its firmware can do: `ExVerifySuite` and its like; and saving what the
/// processor's extensions hold.
final class SystemFeatures {
  private let memory: AddressSpace
  private let manager: MemoryManager
  private let dispatcher: Dispatcher
  /// The states that each thread has saved and not restored.
  private var savedStates: [VirtualAddress: Int] = [:]

  /// Creates the routines of a kernel.
  init(_ dispatcher: Dispatcher, manager: MemoryManager) {
    memory = manager.memory
    self.manager = manager
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  var exports: [Export] { productExports + firmwareExports + stateExports + stackExports }

  private var productExports: [Export] {
    [
      export("ExVerifySuite") { (suite: UInt32) in
        // The suites of RtlGetVersion: SingleUserTS only.
        suite == 8
      }
    ]
  }

  /// The firmware is a BIOS, which has no variables (Microsoft Docs,
  /// nf-wdm-exgetfirmwareenvironmentvariable: the call then fails).
  private var firmwareExports: [Export] {
    [
      export("ExGetFirmwareEnvironmentVariable") {
        (
          name: VirtualAddress,
          vendor: VirtualAddress,
          value: VirtualAddress,
          length: VirtualAddress,
          attributes: VirtualAddress
        ) in
        NTStatus.notImplemented
      },
      export("ExSetFirmwareEnvironmentVariable") {
        (
          name: VirtualAddress,
          vendor: VirtualAddress,
          value: VirtualAddress,
          length: UInt32,
          attributes: UInt32
        ) in
        NTStatus.notImplemented
      },
      // FirmwareTypeBios.
      export("ExGetFirmwareType") { () in UInt32(1) },
    ]
  }

  /// What the extensions hold is each thread's own, and DPCs find and leave it as it was, so that there
  /// is nothing to save but the count.
  private var stateExports: [Export] {
    [
      export("KeSaveFloatingPointState") { [self] (area: VirtualAddress) in save() },
      export("KeRestoreFloatingPointState") { [self] (area: VirtualAddress) in
        try restore("KeRestoreFloatingPointState")
      },
      export("KeSaveExtendedProcessorState") { [self] (mask: UInt64, area: VirtualAddress) in
        save()
      },
      export("KeRestoreExtendedProcessorState") { [self] (area: VirtualAddress) -> Void in
        _ = try restore("KeRestoreExtendedProcessorState")
      },
    ]
  }

  private func save() -> NTStatus {
    savedStates[dispatcher.current.body, default: 0] += 1
    return .success
  }

  private func restore(_ routine: String) throws -> NTStatus {
    let thread = dispatcher.current.body
    guard let count = savedStates[thread], count > 0 else {
      throw Unmodelled("\(routine): a state that was not saved")
    }
    savedStates[thread] = count > 1 ? count - 1 : nil
    return .success
  }

  /// The routines that give a routine more stack.
  private var stackExports: [Export] {
    [
      export("KeExpandKernelStackAndCallout") {
        [self] (routine: VirtualAddress, parameter: GuestWord, size: GuestWord) in
        try callOut(routine, parameter, size, "KeExpandKernelStackAndCallout")
      },
      export("KeExpandKernelStackAndCalloutEx") {
        [self]
        (
          routine: VirtualAddress,
          parameter: GuestWord,
          size: GuestWord,
          waits: Bool,
          context: VirtualAddress
        ) in
        try callOut(routine, parameter, size, "KeExpandKernelStackAndCalloutEx")
      },
    ]
  }

  /// Calls a routine with at least so much stack, on one of its own.
  ///
  /// The corresponding kernel routine is `KeExpandKernelStackAndCalloutEx`.
  private func callOut(
    _ routine: VirtualAddress,
    _ parameter: GuestWord,
    _ size: GuestWord,
    _ name: String
  ) throws -> Completion {
    // MAXIMUM_EXPANSION_SIZE: as much as a large stack has, less what the call takes; and
    // STATUS_INVALID_PARAMETER_3.
    let maximum = memory.architecture == .x86 ? 0xF000 : 0x1_2000
    guard size.byteCount <= maximum else { return .returned(NTStatus(0xC000_00F1)) }
    guard dispatcher.irql < .dispatch else {
      throw Unmodelled("\(name) at IRQL \(dispatcher.irql.rawValue)")
    }
    let total = (size.byteCount + 0x1FFF) & ~0xFFF
    guard let base = try manager.allocatePool(total, .nonpaged, tag: 0x6B74_534B) else {
      return .returned(NTStatus.noMemory)
    }
    let thread = dispatcher.current
    let before = thread.stack
    thread.stack = base..<base + total
    var call = GuestCall(routine, parameter.rawValue)
    call.stackTop = base + (total - 0x40)
    return .call(call) { [self] _ in
      thread.stack = before
      try manager.freePool(base)
      return .returned(NTStatus.success)
    }
  }
}
