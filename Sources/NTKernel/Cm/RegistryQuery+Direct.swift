internal import GuestABI
internal import NTStructures

extension RegistryQuery {
  /// Stores a value where the entry's context says.
  ///
  /// - Returns: `STATUS_BUFFER_TOO_SMALL` if there is not enough room.
  /// - Throws: A ``GuestFault`` or ``Unmodelled``.
  func storeDirectly(
    _ type: RegistryValue.Kind,
    _ data: [UInt8],
    _ flags: QueryTableEntry.Flags,
    at context: VirtualAddress
  ) throws -> NTStatus {
    if type.isText {
      guard type == .string || flags.contains(.noExpand) else {
        throw Self.unmodelled("a direct REG_EXPAND_SZ or REG_MULTI_SZ without NOEXPAND")
      }
      return try storeText(data, in: GuestPointer<CountedString>(context))
    }
    if data.count <= 4 {
      try memory.store(bytes: data, at: context)
      return .success
    }
    let room: Int32 = try memory.load(at: context)
    if room < 0 {
      guard data.count <= Int(room.magnitude) else { return .bufferTooSmall }
      try memory.store(bytes: data, at: context)
      return .success
    }
    guard data.count + 8 <= Int(room) else { return .bufferTooSmall }
    try memory.store(UInt32(truncatingIfNeeded: data.count), at: context)
    try memory.store(type.rawValue, at: context + 4)
    try memory.store(bytes: data, at: context + 8)
    return .success
  }

  /// Stores a string in a `UNICODE_STRING`, whose buffer is allocated if it has none.
  private func storeText(
    _ data: [UInt8],
    in string: GuestPointer<CountedString>
  ) throws -> NTStatus {
    guard data.count % 2 == 0, data.suffix(2) == [0, 0], data.count <= 0xFFFE else {
      throw Self.unmodelled("a direct string without terminator, or too long to count")
    }
    var buffer = try memory[string].buffer
    var maximumLength = Int(try memory[string].maximumLength)
    if buffer == .null {
      let tag: UInt32 = 0x6752_4F4C  // LORg
      guard let new = try registry.pool.allocatePool(data.count, .paged, tag: tag) else {
        return .noMemory
      }
      buffer = new
      maximumLength = data.count
    }
    guard data.count <= maximumLength else { return .bufferTooSmall }
    try memory.store(bytes: data, at: buffer)
    try memory.set(
      string,
      buffer: buffer,
      length: data.count - 2,
      maximumLength: maximumLength
    )
    return .success
  }
}
