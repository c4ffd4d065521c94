internal import NTKernel
internal import NTStructures
internal import Yams

/// The steps about devices that buses report.
extension ScenarioFileReader {
  /// The actions that belong to Plug and Play and power.
  static let deviceActions =
    ["add-device"] + Scenario.DeviceStep.allCases.map(\.rawValue) + ["query-power", "power"]

  /// Reads such an action, or returns nil if it is another.
  func deviceAction(
    _ name: String,
    _ argument: Node?,
    _ step: Node
  ) throws(ScenarioFileError) -> Scenario.Action? {
    if let deviceStep = Scenario.DeviceStep(rawValue: name) {
      if let argument { throw error(argument, "'\(name)' takes no value") }
      return .tell(deviceStep)
    }
    switch name {
    case "add-device":
      guard let argument else { return .addDevice(nil) }
      return .addDevice(try device(argument))
    case "power", "query-power":
      guard let argument else { throw error(step, "'\(name)' needs a value, such as S3 or D0") }
      let text = try text(argument, "'\(name)'")
      guard let state = PowerState(name: text) else {
        throw error(argument, "'\(name)' must be S0 to S5 or D0 to D3, not '\(shortened(text))'")
      }
      return .power(state, isQuery: name == "query-power")
    default: return nil
    }
  }

  private func device(_ node: Node) throws(ScenarioFileError) -> ReportedDevice {
    let fields = try fields(
      of: node,
      "'add-device'",
      ["bus", "ids", "compatible-ids", "resources", "device", "configuration"]
    )
    var device = ReportedDevice(bus: .root)
    if let node = fields["bus"] {
      let text = try text(node, "'bus'")
      guard let bus = ReportedDevice.Bus(rawValue: text) else {
        let known = ReportedDevice.Bus.allCases.map(\.rawValue)
        throw error(
          node,
          "unknown bus '\(shortened(text))'\(suggestion(for: text, among: known))"
        )
      }
      device.bus = bus
    }
    if let node = fields["ids"] { device.hardwareIDs = try identifiers(node, "'ids'") }
    if let node = fields["compatible-ids"] {
      device.compatibleIDs = try identifiers(node, "'compatible-ids'")
    }
    device.usb = try descriptors(fields, of: device, node)
    guard let list = fields["resources"] else { return device }
    guard case .sequence(let nodes) = list else {
      throw error(list, "'resources' must be a list, not \(kind(of: list))")
    }
    guard nodes.count <= 64 else { throw error(list, "a device has at most 64 resources") }
    for node in nodes { device.resources.append(try resource(node)) }
    return device
  }

  /// Reads the descriptors of a USB device, of which neither stands alone.
  private func descriptors(
    _ fields: [String: Node],
    of device: ReportedDevice,
    _ node: Node
  ) throws(ScenarioFileError) -> USBDescriptors? {
    guard let first = fields["device"] ?? fields["configuration"] else { return nil }
    guard device.bus == .usb else { throw error(first, "only a USB device has descriptors") }
    guard let device = fields["device"], let configuration = fields["configuration"] else {
      throw error(node, "descriptors are both 'device' and 'configuration'")
    }
    let descriptors = USBDescriptors(
      device: try bytes(device, "'device'"),
      configuration: try bytes(configuration, "'configuration'")
    )
    guard descriptors.device.count == 18, descriptors.configuration.count >= 9,
      descriptors.configuration.count <= 4096
    else { throw error(node, "a device descriptor has 18 bytes, a configuration at least 9") }
    return descriptors
  }

  /// Reads one name or a list of them, none of which may be a path of the registry's own.
  private func identifiers(_ node: Node, _ name: String) throws(ScenarioFileError) -> [String] {
    var nodes = [node]
    if case .sequence(let list) = node { nodes = Array(list) }
    guard nodes.count <= 64 else { throw error(node, "\(name) has at most 64 entries") }
    var identifiers: [String] = []
    for node in nodes {
      let text = try text(node, name)
      // MAX_DEVICE_ID_LEN, and what Windows forbids in identifiers.
      let isValid = text.unicodeScalars.allSatisfy {
        (0x21...0x7E).contains($0.value) && $0 != ","
      }
      let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
      guard isValid, !text.isEmpty, text.utf16.count < 200, parts.count <= 2,
        parts.allSatisfy({ !$0.isEmpty })
      else { throw error(node, "\(name) has '\(shortened(text))', which is no identifier") }
      identifiers.append(text)
    }
    return identifiers
  }

  private func resource(_ node: Node) throws(ScenarioFileError) -> DeviceResource {
    let keys = ["port", "count", "memory", "size", "interrupt", "shared"]
    let fields = try fields(of: node, "a resource", keys)
    func extent(_ name: String) throws(ScenarioFileError) -> UInt32 {
      guard let node = fields[name] else { throw error(node, "the resource needs '\(name)'") }
      return UInt32(try number(node, "'\(name)'", 1...UInt64(UInt32.max)))
    }
    if let port = fields["port"] {
      let start = try number(port, "'port'", 0...0xFFFF)
      let count = try extent("count")
      guard start + UInt64(count) <= 0x1_0000 else {
        throw error(port, "the ports end behind 0xFFFF")
      }
      return .ports(start: start, count: count)
    }
    if let memory = fields["memory"] {
      let start = try number(memory, "'memory'", 0...0xFF_FFFF_FFFF)
      return .memory(start: start, byteCount: try extent("size"))
    }
    if let interrupt = fields["interrupt"] {
      let line = UInt32(try number(interrupt, "'interrupt'", 0...15))
      guard let shared = fields["shared"] else { return .interrupt(line: line, isShared: false) }
      let text = try text(shared, "'shared'")
      guard ["true", "false"].contains(text) else {
        throw error(shared, "'shared' must be true or false, not '\(shortened(text))'")
      }
      return .interrupt(line: line, isShared: text == "true")
    }
    throw error(node, "a resource needs 'port', 'memory' or 'interrupt'")
  }
}
