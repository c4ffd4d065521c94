internal import GuestABI
internal import NTStructures

extension FilterManager {
  /// Makes a port to which programs can connect.
  ///
  /// The corresponding kernel routine is `FltCreateCommunicationPort`.
  func createPort(
    _ port: CommunicationPort,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    guard try !filter(port.filter, "FltCreateCommunicationPort").isEnding else {
      return .fltDeletingObject
    }
    // OBJ_KERNEL_HANDLE.
    guard try memory[attributes].attributes & 0x200 != 0, port.maximumConnections > 0 else {
      return .invalidParameter
    }
    guard !ports.values.contains(where: { ObjectName($0.name) == ObjectName(port.name) }) else {
      return .objectNameCollision
    }
    guard let address = try allocate(0x40) else { return .insufficientResources }
    ports[address] = port
    try memory.store(address, at: result)
    return .success
  }

  /// Closes a port; programs that are connected stay so.
  ///
  /// The corresponding kernel routine is `FltCloseCommunicationPort`.
  func closePort(_ address: VirtualAddress) throws {
    guard ports.removeValue(forKey: address) != nil else {
      throw Unmodelled("FltCloseCommunicationPort with \(address), which is not a port")
    }
    try manager.freePool(address)
  }

  /// Closes the mini-filter's end of a connection.
  ///
  /// The corresponding kernel routine is `FltCloseClientPort`.
  func closeClientPort(_ place: VirtualAddress) throws {
    let address: VirtualAddress = try memory.load(at: place)
    guard address != .null else { return }
    guard connections.removeValue(forKey: address) != nil else {
      throw Unmodelled("FltCloseClientPort with \(address), which is not a connection")
    }
    try memory.store(VirtualAddress.null, at: place)
    try manager.freePool(address)
  }

  /// Connects a program to a port.
  ///
  /// The corresponding Win32 routine is `FilterConnectCommunicationPort`.
  ///
  /// - Parameters:
  ///   - name: The port's name.
  ///   - context: What the program tells, in system memory.
  ///   - byteCount: The bytes of it.
  ///   - then: What follows, with the connection or why there is none.
  /// - Returns: What is left to do.
  /// - Throws: What `then` throws.
  func connect(
    to name: String,
    context: VirtualAddress,
    byteCount: UInt16,
    then: @escaping (Attempt<VirtualAddress>) throws -> Completion
  ) throws -> Completion {
    guard let port = ports.values.first(where: { ObjectName($0.name) == ObjectName(name) }) else {
      return try then(.failed(.objectNameNotFound))
    }
    let count = connections.values.filter { $0.port === port && !$0.isDisconnected }.count
    guard count < port.maximumConnections else { return try then(.failed(.connectionCountLimit)) }
    guard let address = try allocate(0x40) else { return try then(.failed(.insufficientResources)) }
    let connection = PortConnection(port)
    connections[address] = connection
    let cookie = address + 0x20
    let call = GuestCall(
      port.connect,
      address.rawValue,
      port.cookie.rawValue,
      context.rawValue,
      UInt64(byteCount),
      cookie.rawValue
    )
    return .call(call) { [self] result in
      let status = NTStatus(guestBits: result)
      guard status.isSuccess else {
        connections[address] = nil
        try manager.freePool(address)
        return try then(.failed(status))
      }
      connection.cookie = try memory.load(at: cookie)
      return try then(.done(address))
    }
  }

  /// Tells a mini-filter that a program's connection has ended.
  func disconnect(
    _ connection: PortConnection,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    guard !connection.isDisconnected else { return try then() }
    connection.isDisconnected = true
    let call = GuestCall(connection.port.disconnect, connection.cookie.rawValue)
    return .call(call) { _ in try then() }
  }

  /// Ends the connections to a filter that is unregistered.
  func disconnectAll(
    of filter: VirtualAddress,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    let open = connections.filter { $0.value.port.filter == filter && !$0.value.isDisconnected }
    guard let first = open.min(by: { $0.key < $1.key }) else { return try then() }
    return try disconnect(first.value) { [self] in try disconnectAll(of: filter, then: then) }
  }

  /// Sends a message to a program.
  ///
  /// The corresponding kernel routine is `FltSendMessage`. No program ever asks for a message.
  func send(
    _ place: VirtualAddress,
    timeout: GuestPointer<Int64>
  ) throws -> NTStatus {
    let address: VirtualAddress = try memory.load(at: place)
    guard let connection = connections[address], !connection.isDisconnected else {
      return .portDisconnected
    }
    throw Unmodelled("FltSendMessage to a program that asks for no message")
  }

  // Security

  /// Makes a security descriptor that lets the system and administrators in.
  ///
  /// The corresponding kernel routine is `FltBuildDefaultSecurityDescriptor`.
  func makeDescriptor(_ result: VirtualAddress, access: UInt32) throws -> NTStatus {
    let width = memory.architecture.pointerSize
    // SECURITY_DESCRIPTOR with SE_DACL_PRESENT: revision, control, owner, group, SACL, DACL.
    let header = width == 4 ? 0x14 : 0x28
    let system: [UInt8] = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]
    let administrators: [UInt8] = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]
    var entries: [UInt8] = []
    for identifier in [administrators, system] {
      // ACCESS_ALLOWED_ACE: type, flags, size, mask, SID.
      entries += [0, 0, UInt8(8 + identifier.count), 0]
      for shift in [0, 8, 16, 24] { entries.append(UInt8(truncatingIfNeeded: access >> shift)) }
      entries += identifier
    }
    let list: [UInt8] = [2, 0, UInt8(8 + entries.count), 0, 2, 0, 0, 0] + entries
    let caller = manager.context.caller
    let tag: UInt32 = 0x6473_4D46  // FMsd
    let size = header + list.count
    guard let block = try manager.allocatePool(size, .paged, tag: tag, caller: caller) else {
      return .insufficientResources
    }
    try memory.fill(at: block, count: size)
    try memory.store(UInt8(1), at: block)
    try memory.store(UInt16(4), at: block + 2)
    try memory.store(block + header, at: block + (header - width))
    try memory.store(bytes: list, at: block + header)
    descriptors.insert(block)
    try memory.store(block, at: result)
    return .success
  }

  /// Frees a security descriptor.
  ///
  /// The corresponding kernel routine is `FltFreeSecurityDescriptor`.
  func freeDescriptor(_ address: VirtualAddress) throws {
    guard descriptors.remove(address) != nil else {
      throw Unmodelled("FltFreeSecurityDescriptor of a descriptor that is not the filter manager's")
    }
    try manager.freePool(address, caller: manager.context.caller)
  }
}
