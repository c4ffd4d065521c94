import GuestABI

extension CStrings {
  /// `strcmp`.
  func order(_ first: VirtualAddress, _ second: VirtualAddress) throws -> Int32 {
    try order(first, second, .max) { $0 }
  }

  /// `strncmp`.
  func order(
    _ first: VirtualAddress,
    _ second: VirtualAddress,
    atMost limit: GuestWord
  ) throws -> Int32 {
    try order(first, second, limit.byteCount) { $0 }
  }

  /// Returns `_stricmp`.
  func caseInsensitiveOrder(
    _ routine: String
  ) -> (VirtualAddress, VirtualAddress) throws -> Int32 {
    { first, second in try order(first, second, .max) { try $0.downcased(for: routine) } }
  }

  /// Returns `_strnicmp`.
  func limitedCaseInsensitiveOrder(
    _ routine: String
  ) -> (VirtualAddress, VirtualAddress, GuestWord) throws -> Int32 {
    { first, second, limit in
      try order(first, second, limit.byteCount) { try $0.downcased(for: routine) }
    }
  }

  private func order(
    _ first: VirtualAddress,
    _ second: VirtualAddress,
    _ limit: Int,
    _ fold: (Unit) throws -> Unit
  ) throws -> Int32 {
    for index in 0..<limit {
      let one = try load(first, index)
      let other = try load(second, index)
      if one != other {
        let one = try fold(one)
        let other = try fold(other)
        if one != other { return one < other ? -1 : 1 }
      } else if one == 0 {
        return 0
      }
    }
    return 0
  }
}

extension CStrings {
  /// Returns `_strlwr`.
  func downcase(_ routine: String) -> (VirtualAddress) throws -> VirtualAddress {
    { try replace(in: $0, .max) { try $0.downcased(for: routine) } }
  }

  /// Returns `_strupr`.
  func upcase(_ routine: String) -> (VirtualAddress) throws -> VirtualAddress {
    { try replace(in: $0, .max) { try $0.upcased(for: routine) } }
  }

  /// `_strset`.
  func set(_ string: VirtualAddress, to unit: Unit) throws -> VirtualAddress {
    try replace(in: string, .max) { _ in unit }
  }

  /// `_strnset`.
  func set(_ string: VirtualAddress, to unit: Unit, atMost limit: GuestWord) throws
    -> VirtualAddress
  {
    try replace(in: string, limit.byteCount) { _ in unit }
  }

  /// `_strrev`.
  func reverse(_ string: VirtualAddress) throws -> VirtualAddress {
    var low = 0
    var high = try count(string) - 1
    while low < high {
      let unit = try load(string, low)
      try store(load(string, high), string, low)
      try store(unit, string, high)
      low += 1
      high -= 1
    }
    return string
  }

  private func replace(
    in string: VirtualAddress,
    _ limit: Int,
    _ transform: (Unit) throws -> Unit
  ) throws -> VirtualAddress {
    for index in 0..<limit {
      let unit = try load(string, index)
      if unit == 0 { break }
      try store(transform(unit), string, index)
    }
    return string
  }
}

/// The routines that know how much room there is, as far as there is enough: what the kernel does
/// with an invalid parameter is not documented.
extension CStrings {
  private var truncate: UInt64 { memory.architecture == .x86 ? 0xFFFF_FFFF : .max }

  /// Returns `strcpy_s`, or `strcat_s`.
  func secureCopy(
    _ routine: String,
    appends: Bool
  ) -> (VirtualAddress, GuestWord, VirtualAddress) throws -> Int32 {
    { destination, room, source in
      try secureCopy(routine, destination, room, source, nil, appends: appends)
    }
  }

  /// Returns `strncpy_s`, or `strncat_s`.
  func limitedSecureCopy(
    _ routine: String,
    appends: Bool
  ) -> (VirtualAddress, GuestWord, VirtualAddress, GuestWord) throws -> Int32 {
    { destination, room, source, limit in
      try secureCopy(routine, destination, room, source, limit, appends: appends)
    }
  }

  private func secureCopy(
    _ routine: String,
    _ destination: VirtualAddress,
    _ room: GuestWord,
    _ source: VirtualAddress,
    _ limit: GuestWord?,
    appends: Bool
  ) throws -> Int32 {
    guard destination != .null, source != .null, room.rawValue > 0 else {
      throw Unmodelled("\(routine): an invalid parameter")
    }
    let room = room.byteCount
    let start = appends ? try memory.length(of: destination, Unit.self, atMost: room) : 0
    let truncates = limit?.rawValue == truncate
    let limit = truncates ? Int.max : limit?.byteCount ?? .max
    let size = try memory.length(of: source, Unit.self, atMost: min(limit, room))
    if start + size < room {
      try append(source, size, to: destination, at: start)
      return 0
    }
    guard truncates, start < room else {
      throw Unmodelled("\(routine): a string that does not fit")
    }
    try append(source, room - 1 - start, to: destination, at: start)
    return 80  // STRUNCATE
  }
}
