import GuestABI

/// The C library's routines for strings that end with a terminator, of `char` or of `WCHAR`.
///
/// The result of a comparison is -1, 0 or 1; only its sign is documented. Case is that of the "C"
/// locale: a letter that is not ASCII is unmodelled.
struct CStrings<Unit: CharacterUnit> {
  let memory: AddressSpace

  func load(_ string: VirtualAddress, _ index: Int) throws(GuestFault) -> Unit {
    try memory.load(at: string + index &* Unit.byteCount)
  }

  func store(_ unit: Unit, _ string: VirtualAddress, _ index: Int) throws(GuestFault) {
    try memory.store(unit, at: string + index &* Unit.byteCount)
  }

  func count(_ string: VirtualAddress) throws(GuestFault) -> Int {
    try memory.length(of: string, Unit.self)
  }

  /// `strlen`.
  func length(of string: VirtualAddress) throws -> GuestWord { GuestWord(try count(string)) }

  /// `strnlen`.
  func length(of string: VirtualAddress, atMost limit: GuestWord) throws -> GuestWord {
    GuestWord(try memory.length(of: string, Unit.self, atMost: limit.byteCount))
  }

  /// `strcpy`.
  func copy(to destination: VirtualAddress, from source: VirtualAddress) throws -> VirtualAddress {
    try append(source, .max, to: destination, at: 0)
    return destination
  }

  /// `strcat`.
  func append(to destination: VirtualAddress, _ source: VirtualAddress) throws -> VirtualAddress {
    try append(source, .max, to: destination, at: count(destination))
    return destination
  }

  /// `strncat`.
  func append(
    to destination: VirtualAddress,
    _ source: VirtualAddress,
    atMost limit: GuestWord
  ) throws -> VirtualAddress {
    try append(source, limit.byteCount, to: destination, at: count(destination))
    return destination
  }

  /// Copies units up to a terminator or a limit, and then stores a terminator.
  func append(
    _ source: VirtualAddress,
    _ limit: Int,
    to destination: VirtualAddress,
    at start: Int
  ) throws(GuestFault) {
    var index = 0
    while index < limit {
      let unit = try load(source, index)
      if unit == 0 { break }
      try store(unit, destination, start &+ index)
      index += 1
    }
    try store(0, destination, start &+ index)
  }

  /// `strncpy`: the rest of the destination becomes zero, and a long source leaves no terminator.
  func copy(
    to destination: VirtualAddress,
    from source: VirtualAddress,
    count limit: GuestWord
  ) throws -> VirtualAddress {
    var index = 0
    while index < limit.byteCount {
      let unit = try load(source, index)
      if unit == 0 { break }
      try store(unit, destination, index)
      index += 1
    }
    while index < limit.byteCount {
      try store(0, destination, index)
      index += 1
    }
    return destination
  }

  /// `strchr`.
  func firstIndex(of unit: Unit, in string: VirtualAddress) throws -> VirtualAddress {
    var index = 0
    while true {
      let found = try load(string, index)
      if found == unit { return string + index &* Unit.byteCount }
      if found == 0 { return .null }
      index += 1
    }
  }

  /// `strrchr`.
  func lastIndex(of unit: Unit, in string: VirtualAddress) throws -> VirtualAddress {
    var last = VirtualAddress.null
    var index = 0
    while true {
      let found = try load(string, index)
      if found == unit { last = string + index &* Unit.byteCount }
      if found == 0 { return last }
      index += 1
    }
  }

  /// `strstr`.
  ///
  /// Knuth, Morris and Pratt's search keeps a driver from making the host's time quadratic.
  func firstRange(of part: VirtualAddress, in string: VirtualAddress) throws -> VirtualAddress {
    let units = try (0..<count(part)).map { try load(part, $0) }
    guard !units.isEmpty else { return string }
    // For each length of a match, the length of the longest other match that ends there too.
    var shorter = [0, 0]
    var matched = 0
    for unit in units.dropFirst() {
      while matched > 0, units[matched] != unit { matched = shorter[matched] }
      if units[matched] == unit { matched += 1 }
      shorter.append(matched)
    }
    matched = 0
    var index = 0
    while true {
      let unit = try load(string, index)
      if unit == 0 { return .null }
      while matched > 0, units[matched] != unit { matched = shorter[matched] }
      if units[matched] == unit { matched += 1 }
      index += 1
      if matched == units.count { return string + (index - matched) &* Unit.byteCount }
    }
  }

  /// `strspn` and `wcscspn`: the number of units before the first that is not, or is, in a set.
  func span(_ string: VirtualAddress, _ set: VirtualAddress, while isMember: Bool) throws
    -> GuestWord
  {
    let units = Set(try (0..<count(set)).map { try load(set, $0) })
    var index = 0
    while true {
      let unit = try load(string, index)
      if unit == 0 || units.contains(unit) != isMember { return GuestWord(index) }
      index += 1
    }
  }
}
