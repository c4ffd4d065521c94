internal import GuestABI
internal import NTStructures

/// What an interface must be; -1 stands for anything.
struct USBInterfaceCriteria {
  var number: Int32 = -1
  var alternate: Int32 = -1
  var interfaceClass: Int32 = -1
  var subclass: Int32 = -1
  var interfaceProtocol: Int32 = -1

  /// Whether an interface's descriptor, a `USB_INTERFACE_DESCRIPTOR`, is so.
  func match(_ descriptor: [UInt8]) -> Bool {
    [
      (number, 2), (alternate, 3), (interfaceClass, 5), (subclass, 6), (interfaceProtocol, 7),
    ].allSatisfy { wanted, offset in wanted == -1 || wanted == Int32(descriptor[offset]) }
  }
}

/// What all descriptors begin with: `USB_COMMON_DESCRIPTOR`.
struct USBDescriptor {
  let address: VirtualAddress
  let length: UInt8
  let type: UInt8

  /// The bytes of `USB_INTERFACE_DESCRIPTOR`, and its type.
  static let interfaceLength = 9
  static let interfaceType: UInt8 = 4
}

extension USBLibrary {
  /// Returns the first descriptor that is wanted, or NULL.
  ///
  /// The corresponding routine is `USBD_ParseDescriptors`.
  ///
  /// - Throws: ``Unmodelled`` for a descriptor of no length: what comes after it is not documented.
  func firstDescriptor(
    from start: VirtualAddress,
    to end: VirtualAddress,
    _ isWanted: (USBDescriptor) throws -> Bool
  ) throws -> VirtualAddress {
    var place = start
    // A descriptor takes two bytes at least, so a list of 64 KiB ends before.
    for _ in 0..<0x8000 {
      guard place < end, place + 2 <= end else { return .null }
      let descriptor = USBDescriptor(
        address: place,
        length: try memory.load(at: place),
        type: try memory.load(at: place + 1)
      )
      if try isWanted(descriptor) { return place }
      guard descriptor.length > 0 else {
        throw Unmodelled("USBD_ParseDescriptors: a descriptor of no length")
      }
      place = place + Int(descriptor.length)
    }
    throw Unmodelled("USBD_ParseDescriptors: more than 32,768 descriptors")
  }

  /// Returns the first interface in a configuration's descriptors that matches, or NULL.
  ///
  /// The corresponding routine is `USBD_ParseConfigurationDescriptorEx`.
  func interface(
    _ criteria: USBInterfaceCriteria,
    in configuration: VirtualAddress,
    from start: VirtualAddress
  ) throws -> VirtualAddress {
    // wTotalLength
    let end = configuration + Int(try memory.load(UInt16.self, at: configuration + 2))
    return try firstDescriptor(from: start, to: end) { descriptor in
      guard descriptor.type == USBDescriptor.interfaceType,
        descriptor.address + USBDescriptor.interfaceLength <= end
      else { return false }
      return criteria.match(
        try memory.bytes(at: descriptor.address, count: USBDescriptor.interfaceLength)
      )
    }
  }

  /// Returns the bytes of an interface's descriptor and of those of its endpoints, up to the next
  /// interface's or the end of the buffer.
  ///
  /// The corresponding routine is `USBD_GetInterfaceLength`.
  func length(ofInterface interface: VirtualAddress, end: VirtualAddress) throws -> UInt32 {
    let first: UInt8 = try memory.load(at: interface)
    guard first > 0 else { throw Unmodelled("USBD_GetInterfaceLength: a descriptor of no length") }
    let next = try firstDescriptor(from: interface + Int(first), to: end) {
      $0.type == USBDescriptor.interfaceType
    }
    let last = next == .null ? end : next
    return UInt32(truncatingIfNeeded: last.rawValue &- interface.rawValue)
  }
}
