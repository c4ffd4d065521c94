internal import GuestABI
internal import NTStructures

extension VideoPort {
  /// The miniport's parameters in the registry.
  var registryExports: [Export] {
    [
      export("VideoPortGetRegistryParameters") {
        [self]
        (
          device: VirtualAddress,
          name: VirtualAddress,
          isFileName: Bool,
          routine: VirtualAddress,
          context: VirtualAddress
        ) in
        try parameter(device, name, isFileName, routine, context)
      },
      export("VideoPortSetRegistryParameters") {
        [self]
        (device: VirtualAddress, name: VirtualAddress, data: VirtualAddress, length: UInt32) in
        let adapter = try adapter(device, "VideoPortSetRegistryParameters")
        guard length <= 1 << 16 else {
          throw Unmodelled("VideoPortSetRegistryParameters of \(length) bytes")
        }
        let bytes = try memory.bytes(at: data, count: Int(length))
        let key = registry.makeKey(withinRegistry(adapter.registryPath))
        key.setValue(RegistryValue(try registry.terminatedText(at: name), .binary, bytes))
        return VideoStatus.noError
      },
    ]
  }

  /// Hands a value to the miniport's routine.
  ///
  /// The corresponding routine is `VideoPortGetRegistryParameters`: `ERROR_INVALID_PARAMETER` if there is
  /// no such value.
  private func parameter(
    _ device: VirtualAddress,
    _ name: VirtualAddress,
    _ isFileName: Bool,
    _ routine: VirtualAddress,
    _ context: VirtualAddress
  ) throws -> Completion {
    let adapter = try adapter(device, "VideoPortGetRegistryParameters")
    let text = try registry.terminatedText(at: name)
    let found = try registry.find(withinRegistry(adapter.registryPath), in: registry.root)
    guard found.missing.isEmpty, let value = try registry.value(text, of: found.key) else {
      return .returned(VideoStatus.invalidParameter)
    }
    guard !isFileName else {
      throw Unmodelled("VideoPortGetRegistryParameters: what a file holds")
    }
    let block = try io.allocate(max(value.data.count, 8), tag: "Vide")
    try memory.store(bytes: value.data, at: block)
    let call = GuestCall(
      routine,
      device.rawValue,
      context.rawValue,
      name.rawValue,
      block.rawValue,
      UInt64(value.data.count)
    )
    return .call(
      call,
      then: { [self] bits in
        try manager.freePool(block)
        return .value(bits & 0xFFFF_FFFF)
      }
    )
  }

  /// A path within `\REGISTRY`.
  private func withinRegistry(_ path: String) -> String {
    let prefix = #"\REGISTRY\"#
    return path.uppercased().hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }

  /// The adapter's memory and ports.
  var memoryExports: [Export] {
    [
      export("VideoPortGetDeviceBase") {
        [self]
        (device: VirtualAddress, physical: UInt64, byteCount: UInt32, space: UInt8) in
        try map(device, physical, byteCount, UInt32(space), "VideoPortGetDeviceBase")
      },
      export("VideoPortFreeDeviceBase") {
        [self] (device: VirtualAddress, address: VirtualAddress) in
        try unmap(device, address, "VideoPortFreeDeviceBase")
      },
      export("VideoPortMapMemory") {
        [self]
        (
          device: VirtualAddress,
          physical: UInt64,
          length: GuestPointer<UInt32>,
          space: GuestPointer<UInt32>,
          address: GuestPointer<VirtualAddress>
        ) in
        let mapped = try map(
          device,
          physical,
          memory.load(UInt32.self, at: length.address),
          memory.load(UInt32.self, at: space.address),
          "VideoPortMapMemory"
        )
        guard mapped != .null else { return VideoStatus.notEnoughMemory }
        try memory.store(mapped, at: address.address)
        return VideoStatus.noError
      },
      export("VideoPortUnmapMemory") {
        [self] (device: VirtualAddress, address: VirtualAddress, process: VirtualAddress) in
        try unmap(device, address, "VideoPortUnmapMemory")
        return VideoStatus.noError
      },
    ]
  }

  /// Maps a range of the bus for a miniport.
  ///
  /// - Parameters:
  ///   - device: The miniport's device extension.
  ///   - physical: The range's address on the bus.
  ///   - byteCount: The bytes of the range.
  ///   - space: `VIDEO_MEMORY_SPACE_…`.
  ///   - routine: The routine that was called.
  /// - Returns: The range's address, or NULL without room for it.
  /// - Throws: ``Unmodelled`` for a space that is not modelled.
  private func map(
    _ device: VirtualAddress,
    _ physical: UInt64,
    _ byteCount: UInt32,
    _ space: UInt32,
    _ routine: String
  ) throws -> VirtualAddress {
    let adapter = try adapter(device, routine)
    switch space {
    // VIDEO_MEMORY_SPACE_IO: ports of a PC are used as they are.
    case 1: return VirtualAddress(rawValue: physical)
    // VIDEO_MEMORY_SPACE_MEMORY, VIDEO_MEMORY_SPACE_P6CACHE.
    case 0, 8:
      let mapped = try manager.mapIOSpace(
        PhysicalAddress(rawValue: physical),
        byteCount: Int(byteCount),
        isCached: false
      )
      if mapped != .null { adapter.mappings[mapped] = Int(byteCount) }
      return mapped
    default: throw Unmodelled("\(routine) in space \(space)")
    }
  }

  private func unmap(_ device: VirtualAddress, _ address: VirtualAddress, _ routine: String) throws
  {
    let adapter = try adapter(device, routine)
    // Ports were never mapped.
    guard address.rawValue > 0xFFFF else { return }
    guard let byteCount = adapter.mappings.removeValue(forKey: address) else {
      throw Unmodelled("\(routine) of an address that is not mapped")
    }
    try manager.unmapIOSpace(address, byteCount: byteCount)
  }
}
