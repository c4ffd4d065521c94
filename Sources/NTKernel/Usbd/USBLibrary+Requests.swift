internal import GuestABI
internal import NTReleases
internal import NTStructures

extension USBLibrary {
  /// Builds a request that selects a configuration, and tells where it describes each interface.
  ///
  /// The corresponding routine is `USBD_CreateConfigurationRequestEx`. What a device's driver fills in
  /// later is zero.
  ///
  /// - Parameters:
  ///   - configuration: The configuration's descriptor.
  ///   - list: The interfaces; the last entry has no descriptor.
  /// - Returns: The request, which the caller frees with `ExFreePool`; NULL if the pool is exhausted.
  /// - Throws: A `GuestFault`, or ``Unmodelled`` for a list or a request that is too long.
  func configurationRequest(
    _ configuration: VirtualAddress,
    _ list: GuestPointer<USBInterfaceListEntry>
  ) throws -> VirtualAddress {
    let architecture = memory.architecture
    let entries = try interfaces(list)
    let first = SelectConfigurationURB().interface.offset(on: architecture)
    let sizes = entries.map {
      USBInterfaceInformation.size(pipeCount: Int($0.pipeCount), on: architecture)
    }
    let size = first + sizes.reduce(0, +)
    guard size <= Int(UInt16.max) else {
      throw Unmodelled("USBD_CreateConfigurationRequestEx: a request of \(size) bytes")
    }
    let tag: UInt32 = 0x4442_5355  // "USBD"
    guard
      let request = try manager.allocatePool(
        size,
        .nonpaged,
        tag: tag,
        caller: manager.context.caller
      )
    else { return .null }
    try memory.fill(at: request, count: size)
    let urb = memory[GuestPointer<SelectConfigurationURB>(request)]
    try urb.store(UInt16(size), in: \.length)
    try urb.store(configuration, in: \.configurationDescriptor)
    var place = request + first
    for (entry, size) in zip(entries, sizes) {
      try fill(GuestPointer(place), entry, size)
      try memory[entry.place].store(GuestPointer(place), in: \.interface)
      place = place + size
    }
    return request
  }

  /// An entry of a list of interfaces, and what its descriptor says.
  private struct Entry {
    let place: GuestPointer<USBInterfaceListEntry>
    let number: UInt8
    let alternate: UInt8
    let pipeCount: UInt8
  }

  private func interfaces(_ list: GuestPointer<USBInterfaceListEntry>) throws -> [Entry] {
    var entries: [Entry] = []
    // bNumInterfaces is a byte.
    for index in 0...255 {
      let size = USBInterfaceListEntry.size(on: memory.architecture)
      let place = GuestPointer<USBInterfaceListEntry>(list.address + index * size)
      let descriptor = try memory[place].descriptor
      if descriptor == .null { return entries }
      entries.append(
        Entry(
          place: place,
          number: try memory.load(at: descriptor + 2),
          alternate: try memory.load(at: descriptor + 3),
          pipeCount: try memory.load(at: descriptor + 4)
        )
      )
    }
    throw Unmodelled("USBD_CreateConfigurationRequestEx: more than 255 interfaces")
  }

  private func fill(
    _ interface: GuestPointer<USBInterfaceInformation>,
    _ entry: Entry,
    _ size: Int
  ) throws {
    let view = memory[interface]
    try view.store(UInt16(size), in: \.length)
    try view.store(entry.number, in: \.interfaceNumber)
    try view.store(entry.alternate, in: \.alternateSetting)
    try view.store(UInt32(entry.pipeCount), in: \.pipeCount)
    let pipes = view.address(of: \.pipes)
    for index in 0..<Int(entry.pipeCount) {
      let place = pipes + index * USBPipeInformation.size(on: memory.architecture)
      try memory[GuestPointer<USBPipeInformation>(place)].store(
        manager.behaviour.usbDefaultMaximumTransferSize,
        in: \.maximumTransferSize
      )
    }
  }
}
