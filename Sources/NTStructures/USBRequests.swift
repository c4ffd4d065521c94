public import GuestABI

/// A request to a USB device that selects a configuration: `struct _URB_SELECT_CONFIGURATION`.
///
/// The first interface's information is its last field, and the others' follow.
public struct SelectConfigurationURB: GuestStructure {
  /// `Hdr.Length`.
  public let length = Field<UInt16>(x86: 0x00, x64: 0x00)
  /// `Hdr.Function`.
  public let function = Field<UInt16>(x86: 0x02, x64: 0x02)
  /// `Hdr.Status`.
  public let status = Field<UInt32>(x86: 0x04, x64: 0x04)
  public let configurationDescriptor = Field<VirtualAddress>(x86: 0x10, x64: 0x18)
  public let configurationHandle = Field<VirtualAddress>(x86: 0x14, x64: 0x20)
  /// The first `USBD_INTERFACE_INFORMATION`.
  public let interface = Field<UInt16>(x86: 0x18, x64: 0x28)

  @inlinable
  public init() {}

  /// The bytes with one interface that has one pipe.
  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x3C : 0x58
  }
}

/// What a client selects of an interface, and what it gets: `USBD_INTERFACE_INFORMATION`.
public struct USBInterfaceInformation: GuestStructure {
  public let length = Field<UInt16>(x86: 0x00, x64: 0x00)
  public let interfaceNumber = Field<UInt8>(x86: 0x02, x64: 0x02)
  public let alternateSetting = Field<UInt8>(x86: 0x03, x64: 0x03)
  /// `Class`.
  public let interfaceClass = Field<UInt8>(x86: 0x04, x64: 0x04)
  public let subclass = Field<UInt8>(x86: 0x05, x64: 0x05)
  /// `Protocol`.
  public let interfaceProtocol = Field<UInt8>(x86: 0x06, x64: 0x06)
  public let handle = Field<VirtualAddress>(x86: 0x08, x64: 0x08)
  public let pipeCount = Field<UInt32>(x86: 0x0C, x64: 0x10)
  /// The first `USBD_PIPE_INFORMATION`.
  public let pipes = Field<UInt16>(x86: 0x10, x64: 0x18)

  @inlinable
  public init() {}

  /// The bytes with one pipe.
  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x24 : 0x30
  }

  /// The bytes with a number of pipes.
  ///
  /// The corresponding C macro is `GET_USBD_INTERFACE_SIZE`.
  public static func size(pipeCount: Int, on architecture: Architecture) -> Int {
    size(on: architecture) + (pipeCount - 1) * USBPipeInformation.size(on: architecture)
  }
}

/// One pipe of an interface: `USBD_PIPE_INFORMATION`.
public struct USBPipeInformation: GuestStructure {
  public let maximumPacketSize = Field<UInt16>(x86: 0x00, x64: 0x00)
  public let endpointAddress = Field<UInt8>(x86: 0x02, x64: 0x02)
  public let interval = Field<UInt8>(x86: 0x03, x64: 0x03)
  /// `PipeType`, a `USBD_PIPE_TYPE`.
  public let type = Field<UInt32>(x86: 0x04, x64: 0x04)
  public let handle = Field<VirtualAddress>(x86: 0x08, x64: 0x08)
  public let maximumTransferSize = Field<UInt32>(x86: 0x0C, x64: 0x10)
  public let flags = Field<UInt32>(x86: 0x10, x64: 0x14)

  @inlinable
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x14 : 0x18
  }
}

/// An interface that a client wants to select: `USBD_INTERFACE_LIST_ENTRY`.
public struct USBInterfaceListEntry: GuestStructure {
  /// The interface's descriptor, or NULL after the last entry.
  public let descriptor = Field<VirtualAddress>(x86: 0x00, x64: 0x00)
  /// Where the interface's information is in the request.
  public let interface = Field<GuestPointer<USBInterfaceInformation>>(x86: 0x04, x64: 0x08)

  @inlinable
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x08 : 0x10
  }
}
