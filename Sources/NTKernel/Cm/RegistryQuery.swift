internal import GuestABI
internal import NTStructures

/// One call of `RtlQueryRegistryValues`, which calls the driver's routines one after the other.
///
/// The cases are those of the routine's documentation and of ReactOS's `RtlRegistry` test, which
/// runs on Windows; what neither settles is not modelled.
final class RegistryQuery {
  /// A call of the entry's routine that is still to be made.
  private struct PendingCall {
    /// The value's name where the entry does not hold it.
    var name: String?
    var type: RegistryValue.Kind
    var data: [UInt8]
    /// Where the data are if they are in the driver's memory.
    var address: VirtualAddress?
  }

  let registry: Registry
  var memory: AddressSpace { registry.memory }

  private let topKey: RegistryKey
  private var key: RegistryKey
  private var table: GuestPointer<QueryTableEntry>
  private let context: VirtualAddress

  /// The entry that is being carried out.
  private var entry: GuestPointer<QueryTableEntry>
  private var pending: ArraySlice<PendingCall> = []
  private var namesToDelete: [String] = []
  private var buffer: VirtualAddress?

  init(
    _ registry: Registry,
    key: RegistryKey,
    table: GuestPointer<QueryTableEntry>,
    context: VirtualAddress
  ) {
    self.registry = registry
    topKey = key
    self.key = key
    self.table = table
    self.context = context
    entry = table
  }

  static func unmodelled(_ what: String) -> Unmodelled {
    Unmodelled("RtlQueryRegistryValues: \(what)")
  }

  /// Goes on with the table until a routine is to be called or the table ends.
  func run() throws -> Completion {
    while true {
      if let call = pending.popFirst() { return try perform(call) }
      for name in namesToDelete { _ = try registry.deleteValue(key, name) }
      namesToDelete = []
      entry = table
      table = GuestPointer(table.address + QueryTableEntry.size(on: memory.architecture))
      guard let status = try begin() else { return .returned(NTStatus.success) }
      guard status.isSuccess else { return .returned(status) }
    }
  }

  private func perform(_ call: PendingCall) throws -> Completion {
    let entry = memory[entry]
    var name = try entry.name
    var data = call.address ?? .null
    if call.address == nil {
      let text = (call.name ?? "").littleEndianUTF16 + [0, 0]
      let dataStart = (text.count + 7) & ~7
      let tag: UInt32 = 0x6752_4F4C  // LORg
      let byteCount = dataStart + max(call.data.count, 2)
      guard let block = try registry.pool.allocatePool(byteCount, .paged, tag: tag) else {
        return .returned(NTStatus.noMemory)
      }
      buffer = block
      try memory.store(bytes: text, at: block)
      data = block + dataStart
      try memory.store(bytes: call.data, at: data)
      if call.name != nil { name = block }
    }
    let routine = try entry.queryRoutine
    let length = UInt32(truncatingIfNeeded: call.data.count)
    let entryContext = try entry.entryContext
    return routine.call(name, call.type.rawValue, data, length, context, entryContext) { [self] in
      if let buffer { try registry.pool.freePool(buffer) }
      buffer = nil
      if !$0.isSuccess, $0 != .bufferTooSmall { return .returned($0) }
      return try run()
    }
  }

  /// Starts with an entry of the table.
  ///
  /// - Returns: What stops the table, or success, or nil at its end.
  private func begin() throws -> NTStatus? {
    let entry = memory[entry]
    let flags = try entry.flags
    let hasRoutine = try !entry.queryRoutine.isNull
    let hasName = try entry.name != .null
    guard flags.isSubset(of: .all) else {
      throw Self.unmodelled("flags 0x\(String(flags.rawValue, radix: 16))")
    }
    if !hasRoutine, flags.isDisjoint(with: [.subkey, .direct]) {
      guard !hasName, !flags.contains(.topKey) else {
        throw Self.unmodelled("an entry without routine")
      }
      return nil
    }
    if flags.contains(.topKey) { key = topKey }
    if flags.contains(.subkey) { return try enterSubkey(hasRoutine, hasName, flags) }
    if flags.contains(.direct) {
      guard hasName else { return .invalidParameter }
      guard !hasRoutine, !flags.contains(.noValue) else {
        throw Self.unmodelled("a direct entry with a routine")
      }
      return try queryOne(flags)
    }
    if hasName {
      guard !flags.contains(.noValue) else { throw Self.unmodelled("NOVALUE with a name") }
      return try queryOne(flags)
    }
    if flags.contains(.noValue) {
      pending = [PendingCall(type: .none, data: [], address: .null)]
      return .success
    }
    return try queryAll(flags)
  }

  private func enterSubkey(
    _ hasRoutine: Bool,
    _ hasName: Bool,
    _ flags: QueryTableEntry.Flags
  ) throws -> NTStatus {
    guard hasName else { return .invalidParameter }
    guard !hasRoutine, flags.isDisjoint(with: [.direct, .topKey, .noValue, .delete]) else {
      throw Self.unmodelled("a subkey entry that is more than that")
    }
    let found = try registry.find(registry.terminatedText(at: memory[entry].name), in: topKey)
    guard found.missing.isEmpty else { return .objectNameNotFound }
    key = found.key
    return .success
  }

  private func queryAll(_ flags: QueryTableEntry.Flags) throws -> NTStatus {
    guard !flags.contains(.typeCheck) else { throw Self.unmodelled("TYPECHECK without DIRECT") }
    try registry.requireAll(of: key)
    if key.values.isEmpty { return flags.contains(.required) ? .objectNameNotFound : .success }
    var calls: [PendingCall] = []
    for value in key.values {
      calls += try self.calls(value.type, value.data, flags).map { call in
        var call = call
        call.name = value.name
        return call
      }
    }
    if flags.contains(.delete) { namesToDelete = key.values.map(\.name) }
    pending = calls[...]
    return .success
  }

  private func queryOne(_ flags: QueryTableEntry.Flags) throws -> NTStatus {
    let view = memory[entry]
    let isDirect = flags.contains(.direct)
    let name = try registry.terminatedText(at: view.name)
    let checksType = flags.contains(.typeCheck)
    guard isDirect || !checksType else { throw Self.unmodelled("TYPECHECK without DIRECT") }
    let wholeType = try view.defaultType
    let defaultType = RegistryValue.Kind(rawValue: checksType ? wholeType & 0xFF : wholeType)
    guard let value = try registry.value(name, of: key) else {
      if checksType, !registry.behaviour.checksValueTypes, wholeType != 0 {
        throw Self.unmodelled("TYPECHECK and a missing value on a release without it")
      }
      return try useDefault(defaultType, flags)
    }
    if isDirect {
      if checksType, registry.behaviour.checksValueTypes, value.type.rawValue != wholeType >> 24 {
        return .objectTypeMismatch
      }
      let status = try storeDirectly(value.type, value.data, flags, at: view.entryContext)
      guard status.isSuccess else { return status }
    } else {
      pending = try calls(value.type, value.data, flags)[...]
    }
    if flags.contains(.delete) { namesToDelete = [value.name] }
    return .success
  }

  /// Uses an entry's default for a value that does not exist.
  private func useDefault(
    _ type: RegistryValue.Kind,
    _ flags: QueryTableEntry.Flags
  ) throws -> NTStatus {
    if flags.contains(.required) {
      guard type == .none else { throw Self.unmodelled("REQUIRED with a default") }
      return .objectNameNotFound
    }
    guard type != .none else { return .success }
    let address = try memory[entry].defaultData
    let data = try defaultData(type, at: address)
    if flags.contains(.direct) {
      return try storeDirectly(type, data, flags, at: memory[entry].entryContext)
    }
    if type == .multiString, !flags.contains(.noExpand), data.starts(with: [0, 0]) {
      // A list that starts with its end has no strings. The test shows it for two terminators.
      guard data.count <= 4 else {
        throw Self.unmodelled("a default list with an empty string first")
      }
      return .success
    }
    var offset = 0
    pending = try calls(type, data, flags).map { call in
      var call = call
      call.address = address + offset
      offset += call.data.count
      return call
    }[...]
    return .success
  }

  /// Returns an entry's default data, whose length is counted if it is given as 0.
  private func defaultData(
    _ type: RegistryValue.Kind,
    at address: VirtualAddress
  ) throws -> [UInt8] {
    let length = try memory[entry].defaultLength
    if length != 0 {
      guard length <= Registry.longestValue else {
        throw Self.unmodelled("a default of more than 1 MiB")
      }
      return try memory.bytes(at: address, count: Int(length))
    }
    guard type.isText else { throw Self.unmodelled("a default without length that is no string") }
    var text = try registry.terminatedText(at: address)
    var data = text.littleEndianUTF16 + [0, 0]
    while type == .multiString, !text.isEmpty {
      guard data.count <= Registry.longestValue else {
        throw Self.unmodelled("a default of more than 1 MiB")
      }
      text = try registry.terminatedText(at: address + data.count)
      data += text.littleEndianUTF16 + [0, 0]
    }
    return data
  }

  /// Returns the calls that a value needs: one, or one for each string of a list.
  private func calls(
    _ type: RegistryValue.Kind,
    _ data: [UInt8],
    _ flags: QueryTableEntry.Flags
  ) throws -> [PendingCall] {
    if flags.contains(.noExpand) || type != .multiString && type != .expandableString {
      return [PendingCall(type: type, data: data)]
    }
    guard type == .multiString else { throw Self.unmodelled("REG_EXPAND_SZ without NOEXPAND") }
    guard data.count % 2 == 0, data.isEmpty || data.suffix(2) == [0, 0] else {
      throw Self.unmodelled("a list of strings without terminator")
    }
    // The last unit ends the list and belongs to no string.
    var calls: [PendingCall] = []
    var start = 0
    while start < data.count - 2 {
      var end = start
      while data[end] != 0 || data[end + 1] != 0 { end += 2 }
      calls.append(PendingCall(type: .string, data: Array(data[start..<end + 2])))
      start = end + 2
    }
    return calls
  }
}
