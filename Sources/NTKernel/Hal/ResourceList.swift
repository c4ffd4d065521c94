internal import GuestABI

/// The hardware resources of a device: `CM_RESOURCE_LIST`.
///
/// Source: `ns-wdm-_cm_partial_resource_descriptor`. A descriptor has 16 bytes on x86 and 20 on x64.
struct ResourceList {
  /// Whether addresses and interrupts are the bus's own, or the processor's.
  enum View { case raw, translated }

  /// One resource.
  enum Resource: Hashable {
    case ports(base: UInt64, byteCount: UInt32)
    case memory(base: UInt64, byteCount: UInt32)
    case interrupt(line: UInt8)
  }

  let resources: [Resource]
  let architecture: Architecture
  /// `INTERFACE_TYPE`: 5, PCIBus.
  private static let interface: UInt32 = 5

  /// The resources of a function on the PCI bus.
  init(of function: PCIFunction, on architecture: Architecture) {
    self.architecture = architecture
    var resources: [Resource] = []
    for index in function.windows.indices {
      let window = function.window(index) ?? function.windows[index]
      let (base, count) = (UInt64(window.base), window.byteCount)
      resources.append(
        window.kind == .ports
          ? .ports(base: base, byteCount: count) : .memory(base: base, byteCount: count)
      )
    }
    if let line = function.interruptLine { resources.append(.interrupt(line: line)) }
    self.resources = resources
  }

  /// The list as a driver gets it: one bus, and a descriptor for each resource.
  func bytes(_ view: View) -> [UInt8] {
    var bytes = PackedBytes()
    bytes.append(UInt32(1))
    bytes.append(Self.interface)
    bytes.append(UInt32(0))
    // CM_PARTIAL_RESOURCE_LIST: version 1, revision 1.
    bytes.append(UInt16(1))
    bytes.append(UInt16(1))
    bytes.append(UInt32(resources.count))
    let size = architecture == .x86 ? 16 : 20
    for resource in resources {
      let start = bytes.bytes.count
      append(resource, view, to: &bytes)
      bytes.pad(to: start + size)
    }
    return bytes.bytes
  }

  private func append(_ resource: Resource, _ view: View, to bytes: inout PackedBytes) {
    switch resource {
    case .ports(let base, let count):
      // CmResourceTypePort, for this device alone; CM_RESOURCE_PORT_IO.
      bytes.append(UInt8(1))
      bytes.append(UInt8(1))
      bytes.append(UInt16(1))
      bytes.append(base)
      bytes.append(count)
    case .memory(let base, let count):
      // CmResourceTypeMemory, which can be read and written.
      bytes.append(UInt8(3))
      bytes.append(UInt8(1))
      bytes.append(UInt16(0))
      bytes.append(base)
      bytes.append(count)
    case .interrupt(let line):
      // CmResourceTypeInterrupt, shared, and a level.
      bytes.append(UInt8(2))
      bytes.append(UInt8(3))
      bytes.append(UInt16(0))
      let translated = InterruptLine(line, on: architecture)
      if view == .translated, let translated {
        bytes.append(UInt32(translated.level.rawValue))
        bytes.append(translated.vector)
      } else {
        bytes.append(UInt32(line))
        bytes.append(UInt32(line))
      }
      // The affinity: any processor, or the one that there is.
      let affinity: UInt64 = view == .translated ? 1 : .max
      if architecture == .x86 {
        bytes.append(UInt32(truncatingIfNeeded: affinity))
      } else {
        bytes.append(affinity)
      }
    }
  }
}

/// A structure that is put together field by field, without padding.
struct PackedBytes {
  private(set) var bytes: [UInt8] = []

  /// Adds a field.
  mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Adds zeros until there are so many bytes.
  mutating func pad(to byteCount: Int) {
    while bytes.count < byteCount { bytes.append(0) }
  }
}
