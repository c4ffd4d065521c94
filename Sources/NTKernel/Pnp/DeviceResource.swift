internal import GuestABI

/// Something of the machine's that a bus gives a device.
public enum DeviceResource: Hashable, Sendable {
  /// I/O ports: the first, and how many.
  case ports(start: UInt64, count: UInt32)
  /// Physical memory: where it begins, and its bytes.
  case memory(start: UInt64, byteCount: UInt32)
  /// An interrupt line of the bus, which is shared and triggered by its level or not.
  case interrupt(line: UInt32, isShared: Bool)
}

/// Lists of resources, as drivers get them.
struct ResourceLists {
  let architecture: Architecture

  /// The interrupt vector, level and processors that a line leads to.
  struct InterruptRouting {
    var vector: UInt32
    var level: UInt32
    var affinity: UInt64
  }

  /// `INTERFACE_TYPE`, and the bus's number.
  var interfaceType: UInt32
  var busNumber: UInt32

  /// Returns the bytes of a `CM_RESOURCE_LIST`.
  ///
  /// - Parameters:
  ///   - resources: What the device has.
  ///   - routing: Where interrupts lead to, for the translated list; nil for the raw one.
  /// - Returns: The bytes.
  func list(
    of resources: [DeviceResource],
    routing: ((UInt32) -> InterruptRouting)? = nil
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    // One CM_FULL_RESOURCE_DESCRIPTOR: the bus, then version 1, revision 1.
    for word in [1, interfaceType, busNumber] { bytes.append(littleEndian: word) }
    bytes.append(littleEndian: UInt16(1))
    bytes.append(littleEndian: UInt16(1))
    bytes.append(littleEndian: UInt32(resources.count))
    for resource in resources { append(resource, routing, to: &bytes) }
    return bytes
  }

  /// Appends a `CM_PARTIAL_RESOURCE_DESCRIPTOR`: 16 bytes on x86 and 20 on x64.
  private func append(
    _ resource: DeviceResource,
    _ routing: ((UInt32) -> InterruptRouting)?,
    to bytes: inout [UInt8]
  ) {
    let end = bytes.count + (architecture == .x86 ? 16 : 20)
    switch resource {
    case .ports(let start, let count):
      // CmResourceTypePort, exclusive, CM_RESOURCE_PORT_IO.
      bytes += [1, 1, 1, 0]
      bytes.append(littleEndian: start)
      bytes.append(littleEndian: count)
    case .memory(let start, let count):
      // CmResourceTypeMemory, exclusive, CM_RESOURCE_MEMORY_READ_WRITE.
      bytes += [3, 1, 0, 0]
      bytes.append(littleEndian: start)
      bytes.append(littleEndian: count)
    case .interrupt(let line, let isShared):
      // CmResourceTypeInterrupt; shared lines are triggered by their level.
      bytes += [2, isShared ? 3 : 1, isShared ? 0 : 1, 0]
      let route =
        routing?(line) ?? InterruptRouting(vector: line, level: line, affinity: ~0)
      bytes.append(littleEndian: route.level)
      bytes.append(littleEndian: route.vector)
      if architecture == .x86 {
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: route.affinity))
      } else {
        bytes.append(littleEndian: route.affinity)
      }
    }
    bytes += Array(repeating: 0, count: end - bytes.count)
  }

  /// Returns the bytes of an `IO_RESOURCE_REQUIREMENTS_LIST` that asks for just these resources.
  func requirements(for resources: [DeviceResource], slot: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    // The list's size comes first; one alternative list follows the header of 32 bytes.
    let size = 32 + 8 + resources.count * 32
    for word in [UInt32(size), interfaceType, busNumber, slot, 0, 0, 0, 1] {
      bytes.append(littleEndian: word)
    }
    bytes.append(littleEndian: UInt16(1))
    bytes.append(littleEndian: UInt16(1))
    bytes.append(littleEndian: UInt32(resources.count))
    for resource in resources { appendRequirement(resource, to: &bytes) }
    return bytes
  }

  /// Appends an `IO_RESOURCE_DESCRIPTOR`: 32 bytes on both architectures.
  private func appendRequirement(_ resource: DeviceResource, to bytes: inout [UInt8]) {
    let end = bytes.count + 32
    switch resource {
    case .ports(let start, let count), .memory(let start, let count):
      if case .ports = resource {
        bytes += [0, 1, 1, 0, 1, 0, 0, 0]
      } else {
        bytes += [0, 3, 1, 0, 0, 0, 0, 0]
      }
      bytes.append(littleEndian: count)
      // An alignment of one byte, within exactly this range.
      bytes.append(littleEndian: UInt32(1))
      bytes.append(littleEndian: start)
      bytes.append(littleEndian: start &+ UInt64(count) &- 1)
    case .interrupt(let line, let isShared):
      bytes += [0, 2, isShared ? 3 : 1, 0, isShared ? 0 : 1, 0, 0, 0]
      bytes.append(littleEndian: line)
      bytes.append(littleEndian: line)
    }
    bytes += Array(repeating: 0, count: max(0, end - bytes.count))
  }
}
