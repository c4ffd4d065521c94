internal import NTStructures

extension Scenario.Buffer {
  /// The bytes that the buffer holds before the request.
  var bytes: [UInt8] {
    switch content {
    case .zeros: Array(repeating: 0, count: size)
    case .counting(let start): (0..<size).map { UInt8((Int(start) + $0) % 251) }
    case .bytes(let bytes):
      Array(bytes.prefix(size)) + Array(repeating: 0, count: max(0, size - bytes.count))
    }
  }

  var description: String { "\(hex(size)) bytes at page offset \(hex(byteOffset))" }
}

extension Scenario.Action {
  /// The action, as events and messages name it.
  func description(of function: MajorFunction) -> String {
    switch self {
    case .open: "create"
    case .read(let buffer): "read of \(buffer.description)"
    case .write(let buffer): "write of \(buffer.description)"
    case .control(let code, let input, let output):
      "control \(hex(code))"
        + (input.map { " with \($0.description)" } ?? "")
        + (output.map { " into \($0.description)" } ?? "")
    case .cancel: "cancel"
    case .cleanup: "cleanup"
    case .close: "close"
    case .exit: "exit"
    case .addDevice: "add a device"
    case .tell(let step): step.rawValue
    case .power(let state, let isQuery): "\(isQuery ? "query-" : "")power \(state.name)"
    case .unload: "unload"
    }
  }
}
