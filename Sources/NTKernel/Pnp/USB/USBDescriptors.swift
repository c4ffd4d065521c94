/// What a USB device says of itself.
///
/// Source: Universal Serial Bus Specification 2.0, chapter 9.6.
public struct USBDescriptors: Hashable, Sendable {
  /// The device descriptor, 18 bytes.
  public var device: [UInt8]
  /// The configuration descriptor, with the descriptors of its interfaces and endpoints.
  public var configuration: [UInt8]

  /// Creates descriptors.
  public init(device: [UInt8], configuration: [UInt8]) {
    self.device = device
    self.configuration = configuration
  }

  /// A device of no known class, with the endpoints that converters to serial lines have: bulk in and
  /// out, and interrupt in.
  public static let vendorSpecific = USBDescriptors(
    device: [
      18, 1, 0x10, 0x01, 0xFF, 0, 0, 8, 0xFE, 0xFF, 0x01, 0x00, 0x00, 0x01, 0, 0, 0, 1,
    ],
    configuration: [
      9, 2, 39, 0, 1, 1, 0, 0x80, 50,
      9, 4, 0, 0, 3, 0xFF, 0, 0, 0,
      7, 5, 0x82, 2, 32, 0, 0,
      7, 5, 0x02, 2, 32, 0, 0,
      7, 5, 0x81, 3, 8, 0, 1,
    ]
  )

  /// The identifiers that the hub makes of the device descriptor, the most exact first.
  var hardwareIDs: [String] {
    let word = { (offset: Int) -> String in
      guard offset + 1 < device.count else { return "0000" }
      let digits = String(UInt16(device[offset]) | UInt16(device[offset + 1]) << 8, radix: 16)
      return String(repeating: "0", count: 4 - digits.count) + digits.uppercased()
    }
    let id = "USB\\VID_\(word(8))&PID_\(word(10))"
    return ["\(id)&REV_\(word(12))", id]
  }

  /// An endpoint that a setting of an interface has.
  struct Endpoint {
    let address: UInt8
    /// Control, isochronous, bulk or interrupt: 0 to 3, as `USBD_PIPE_TYPE` counts.
    let kind: UInt8
    let packetSize: UInt16
    let interval: UInt8
  }

  /// A setting of an interface.
  struct Interface {
    let number: UInt8
    let setting: UInt8
    /// The class, subclass and protocol.
    let kind: [UInt8]
    var endpoints: [Endpoint] = []
  }

  /// The settings of interfaces, in the order of the descriptors.
  var interfaces: [Interface] {
    var interfaces: [Interface] = []
    var place = 0
    while place + 2 <= configuration.count {
      let length = Int(configuration[place])
      guard length >= 2, place + length <= configuration.count else { break }
      let bytes = Array(configuration[place..<place + length])
      if bytes[1] == 4, length >= 9 {
        interfaces.append(
          Interface(number: bytes[2], setting: bytes[3], kind: Array(bytes[5..<8]))
        )
      } else if bytes[1] == 5, length >= 7, !interfaces.isEmpty {
        interfaces[interfaces.count - 1].endpoints.append(
          Endpoint(
            address: bytes[2],
            kind: bytes[3] & 3,
            packetSize: UInt16(bytes[4]) | UInt16(bytes[5] & 7) << 8,
            interval: bytes[6]
          )
        )
      }
      place += length
    }
    return interfaces
  }
}
