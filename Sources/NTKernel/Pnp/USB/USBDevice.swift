internal import GuestABI
internal import NTStructures

/// A device on the modelled USB, which does as little as a device can.
///
/// It tells its descriptors, takes every configuration and setting that it has, ignores what it is
/// sent, answers requests of a vendor or a class with zeros, and never has data of its own: a read of
/// an endpoint stays pending until it is cancelled or the device is gone. All of that is the device's
/// doing, not Windows's.
final class USBDevice {
  /// The request to a USB device that drivers make: `IOCTL_INTERNAL_USB_SUBMIT_URB`.
  static let submit: UInt32 = 0x22_0003
  static let resetPort: UInt32 = 0x22_0007
  static let portStatus: UInt32 = 0x22_0013

  let descriptors: USBDescriptors
  /// The configuration that is selected, 0 for none.
  var configuration: UInt8 = 0
  /// The setting of each interface that is not the first, by its number.
  var settings: [UInt8: UInt8] = [:]
  /// Whether the device has been pulled out of its port.
  var isGone = false
  /// The requests that wait for data, with the pipes that they read, in order.
  var pending: [(irp: GuestPointer<IRP>, pipe: UInt64)] = []

  init(_ descriptors: USBDescriptors) { self.descriptors = descriptors }

  /// The handle of the configuration, which drivers must not look into.
  static let configurationHandle: UInt64 = 0x4C53_0001

  /// Returns the handle of an interface.
  func handle(ofInterface number: UInt8) -> UInt64 { 0x4C53_0100 | UInt64(number) }

  /// Returns the handle of a pipe.
  func handle(ofPipe address: UInt8) -> UInt64 { 0x4C53_0200 | UInt64(address) }

  /// Returns the endpoint address that a handle stands for, or nil if it is no handle.
  func endpoint(of handle: UInt64) -> UInt8? {
    guard handle & ~0xFF == 0x4C53_0200, configuration != 0 else { return nil }
    let address = UInt8(handle & 0xFF)
    let exists = descriptors.interfaces.contains { interface in
      interface.setting == settings[interface.number, default: 0]
        && interface.endpoints.contains { $0.address == address }
    }
    return exists ? address : nil
  }
}

/// The fields of a `URB`, of which each kind has its own.
struct USBRequestBlock {
  let address: VirtualAddress
  let memory: AddressSpace

  private var is32Bit: Bool { memory.architecture == .x86 }
  private func place(_ x86: Int, _ x64: Int) -> VirtualAddress {
    address + (is32Bit ? x86 : x64)
  }

  var length: UInt16 { get throws { try memory.load(at: address) } }
  var function: UInt16 { get throws { try memory.load(at: address + 2) } }
  func setStatus(_ status: UInt32) throws { try memory.store(status, at: address + 4) }

  /// `TransferFlags`, of which the lowest bit says that the device is read.
  var transferFlags: UInt32 { get throws { try memory.load(at: place(20, 32)) } }
  var transferLength: UInt32 { get throws { try memory.load(at: place(24, 36)) } }
  func setTransferLength(_ length: UInt32) throws {
    try memory.store(length, at: place(24, 36))
  }
  var transferBuffer: VirtualAddress { get throws { try memory.load(at: place(28, 40)) } }
  var transferMDL: VirtualAddress { get throws { try memory.load(at: place(32, 48)) } }

  /// The handle of a pipe, of a request to it or for its data.
  var pipeHandle: UInt64 {
    get throws { try memory.load(GuestWord.self, at: place(16, 24)).rawValue }
  }

  /// `Index` and `DescriptorType` of a request for a descriptor.
  var descriptorIndex: UInt8 { get throws { try memory.load(at: place(74, 130)) } }
  var descriptorType: UInt8 { get throws { try memory.load(at: place(75, 131)) } }

  /// `ConfigurationDescriptor` of a request that selects a configuration.
  var configurationDescriptor: VirtualAddress {
    get throws { try memory.load(at: place(16, 24)) }
  }
  func setConfigurationHandle(_ handle: UInt64) throws {
    try memory.store(GuestWord(handle), at: place(20, 32))
  }

  /// Where the first interface is, of a request that selects a configuration.
  var configurationInterfaces: VirtualAddress { place(24, 40) }
  /// Where the interface is, of a request that selects a setting.
  var selectedInterface: VirtualAddress { place(20, 32) }
}
