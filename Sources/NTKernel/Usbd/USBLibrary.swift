internal import GuestABI
internal import NTReleases
internal import NTStructures

/// The library for drivers of USB devices, `usbd.sys`: it reads descriptors and builds requests.
///
/// Its pages in Microsoft Docs (`usbdlib.h`) say what the routines do. Descriptors come from devices
/// and drivers, and are not trusted.
final class USBLibrary {
  let memory: AddressSpace
  let manager: MemoryManager

  /// Creates the library.
  init(_ manager: MemoryManager) {
    memory = manager.memory
    self.manager = manager
  }

  /// The routines that drivers import, three of them also by an x86 compiler's name.
  var exports: [Export] {
    ["USBD_ParseConfigurationDescriptorEx", "_USBD_ParseConfigurationDescriptorEx@28"]
      .map(parseConfigurationDescriptor)
      + ["USBD_ParseDescriptors", "_USBD_ParseDescriptors@16"].map(parseDescriptors)
      + ["USBD_CreateConfigurationRequestEx", "_USBD_CreateConfigurationRequestEx@8"]
      .map(createConfigurationRequest)
      + [
        export("USBD_ParseConfigurationDescriptor") {
          [self] (configuration: VirtualAddress, number: UInt8, alternate: UInt8) in
          try interface(
            USBInterfaceCriteria(number: Int32(number), alternate: Int32(alternate)),
            in: configuration,
            from: configuration
          )
        },
        export("USBD_GetInterfaceLength") {
          [self] (interface: VirtualAddress, end: VirtualAddress) in
          try length(ofInterface: interface, end: end)
        },
      ]
  }

  private func parseConfigurationDescriptor(_ name: String) -> Export {
    export(name) {
      [self]
      (
        configuration: VirtualAddress,
        start: VirtualAddress,
        number: Int32,
        alternate: Int32,
        interfaceClass: Int32,
        subclass: Int32,
        interfaceProtocol: Int32
      ) in
      try interface(
        USBInterfaceCriteria(
          number: number,
          alternate: alternate,
          interfaceClass: interfaceClass,
          subclass: subclass,
          interfaceProtocol: interfaceProtocol
        ),
        in: configuration,
        from: start
      )
    }
  }

  private func parseDescriptors(_ name: String) -> Export {
    export(name) {
      [self]
      (buffer: VirtualAddress, byteCount: UInt32, start: VirtualAddress, type: Int32) in
      try firstDescriptor(from: start, to: buffer + Int(byteCount)) { Int32($0.type) == type }
    }
  }

  private func createConfigurationRequest(_ name: String) -> Export {
    export(name) {
      [self] (configuration: VirtualAddress, list: GuestPointer<USBInterfaceListEntry>) in
      try configurationRequest(configuration, list)
    }
  }
}
