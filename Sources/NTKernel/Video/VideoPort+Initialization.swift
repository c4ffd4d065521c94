internal import GuestABI
internal import NTReleases
internal import NTStructures

extension VideoPort {
  /// Takes note of a miniport, or has it look for its adapter.
  ///
  /// The corresponding routine is `VideoPortInitialize`. From Windows 2000 on, a miniport that knows of
  /// Plug and Play is told later of an adapter that was found; before, its `HwVidFindAdapter` looks for
  /// one at once, and says whether it is to be called again for another. Its parameters are in `DeviceN` of
  /// its service's key (KB Q102992).
  func initialize(
    _ driver: GuestPointer<DriverObject>,
    _ path: GuestPointer<CountedString>,
    _ data: GuestPointer<VideoInitializationData>,
    _ context: VirtualAddress
  ) throws -> Completion {
    let size = Int(try memory[data].size)
    let oldSize = VideoInitializationData().startDMA.offset(on: memory.architecture)
    guard size >= oldSize else {
      throw Unmodelled("VideoPortInitialize with data of \(size) bytes")
    }
    if manager.behaviour.videoPortIsPlugAndPlay {
      guard size > oldSize else {
        throw Unmodelled("VideoPortInitialize for a miniport without Plug and Play")
      }
      let routine = try io.addressOfRoutine(Self.addDevice)
      let driverExtension = try memory[driver].driverExtension
      try memory[driverExtension].store(GuestFunction(routine), in: \.addDevice)
      return .returned(NTStatus.success)
    }
    return try findAdapter(
      data,
      context,
      number: 0,
      servicePath: memory.text(of: path),
      again: io.allocate(8, tag: "Vide")
    )
  }

  /// Calls `HwVidFindAdapter` for the adapter of a number.
  private func findAdapter(
    _ data: GuestPointer<VideoInitializationData>,
    _ context: VirtualAddress,
    number: Int,
    servicePath: String,
    again: VirtualAddress
  ) throws -> Completion {
    let view = memory[data]
    let extensionSize = Int(try view.deviceExtensionSize)
    guard extensionSize <= 1 << 20 else {
      throw Unmodelled("VideoPortInitialize: a device extension of \(extensionSize) bytes")
    }
    let device = try io.allocate(max(extensionSize, 8), tag: "Vide")
    let is32Bit = memory.architecture == .x86
    let informationSize = is32Bit ? 0x68 : 0x78
    let information = try io.allocate(informationSize, tag: "Vide")
    try memory.store(UInt32(informationSize), at: information)
    try memory.store(try view.interface, at: information + 8)
    let adapter = VideoAdapter(registryPath: servicePath + #"\Device"# + String(number))
    adapters[device] = adapter
    let call = GuestCall(
      try view.findAdapter,
      device.rawValue,
      context.rawValue,
      0,
      information.rawValue,
      again.rawValue
    )
    return .call(
      call,
      then: { [self] bits in
        guard bits & 0xFFFF_FFFF != VideoStatus.noError else {
          throw Unmodelled("a display adapter that HwVidFindAdapter has found")
        }
        adapters[device] = nil
        try io.manager.freePool(device)
        try io.manager.freePool(information)
        let isAgain: UInt8 = try memory.load(at: again)
        guard isAgain != 0, number < 15 else {
          try io.manager.freePool(again)
          // The documents name no status; the miniport is unloaded.
          return .returned(NTStatus(0xC000_000E))  // STATUS_NO_SUCH_DEVICE
        }
        return try findAdapter(
          data,
          context,
          number: number + 1,
          servicePath: servicePath,
          again: again
        )
      }
    )
  }
}
