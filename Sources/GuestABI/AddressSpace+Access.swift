extension AddressSpace {
  @usableFromInline static var pageSize: Int { 4096 }

  /// Returns the value at an address.
  ///
  /// - Parameters:
  ///   - type: The type of the value.
  ///   - address: Where its first byte is. It need not be aligned.
  /// - Returns: The value.
  /// - Throws: The ``GuestFault`` that a driver's load would raise.
  @inlinable
  @inline(__always)
  public func load<Value: GuestScalar>(
    _ type: Value.Type = Value.self,
    at address: VirtualAddress
  ) throws(GuestFault) -> Value {
    let size = Value.size(on: architecture)
    guard address.offsetInPage &+ size <= Self.pageSize else {
      return Value(guestBits: try loadAcrossPages(size, at: address))
    }
    let host = try host(at: address, size, for: .read)
    switch size {
    case 1: return Value(guestBits: UInt64(host.load(as: UInt8.self)))
    case 2: return Value(guestBits: UInt64(host.loadUnaligned(as: UInt16.self).littleEndian))
    case 4: return Value(guestBits: UInt64(host.loadUnaligned(as: UInt32.self).littleEndian))
    default: return Value(guestBits: host.loadUnaligned(as: UInt64.self).littleEndian)
    }
  }

  /// Stores a value at an address.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - address: Where its first byte goes. It need not be aligned.
  /// - Throws: The ``GuestFault`` that a driver's store would raise, with nothing changed.
  @inlinable
  @inline(__always)
  public func store<Value: GuestScalar>(
    _ value: Value,
    at address: VirtualAddress
  ) throws(GuestFault) {
    let size = Value.size(on: architecture)
    guard address.offsetInPage &+ size <= Self.pageSize else {
      return try storeAcrossPages(value.guestBits, size, at: address)
    }
    let host = try host(at: address, size, for: .write)
    let bits = value.guestBits.littleEndian
    switch size {
    case 1: host.storeBytes(of: UInt8(truncatingIfNeeded: bits), as: UInt8.self)
    case 2: host.storeBytes(of: UInt16(truncatingIfNeeded: bits), as: UInt16.self)
    case 4: host.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
    default: host.storeBytes(of: bits, as: UInt64.self)
    }
  }

  @usableFromInline
  func loadAcrossPages(_ size: Int, at address: VirtualAddress) throws(GuestFault) -> UInt64 {
    var bits: UInt64 = 0
    for index in 0..<size {
      let byte = try host(at: address + index, 1, for: .read).load(as: UInt8.self)
      bits |= UInt64(byte) << (8 * index)
    }
    return bits
  }

  @usableFromInline
  func storeAcrossPages(
    _ bits: UInt64,
    _ size: Int,
    at address: VirtualAddress
  ) throws(GuestFault) {
    // Probe both pages first, so that a fault leaves the near page untouched.
    try probe(address, size)
    for index in 0..<size {
      let byte = UInt8(truncatingIfNeeded: bits >> (8 * index))
      try host(at: address + index, 1, for: .write).storeBytes(of: byte, as: UInt8.self)
    }
  }

  /// Checks that each page of a range can be written.
  ///
  /// - Throws: The ``GuestFault`` of the first byte that cannot.
  @usableFromInline
  func probe(_ address: VirtualAddress, _ byteCount: Int) throws(GuestFault) {
    var place = address
    var left = byteCount
    while left > 0 {
      _ = try translate(place, for: .write)
      let count = Self.pageSize - place.offsetInPage
      place = place + count
      left -= count
    }
  }

  /// Calls a closure with each run of host bytes behind a range, in order.
  ///
  /// - Parameters:
  ///   - address: The first byte.
  ///   - byteCount: The number of bytes; not negative.
  ///   - access: What the closure does with them.
  ///   - body: What to do with a run, which lies within one page.
  /// - Throws: The ``GuestFault`` of the first byte that cannot be accessed, after the runs before
  ///   it have been handed to the closure.
  public func forEachRun(
    at address: VirtualAddress,
    byteCount: Int,
    for access: GuestFault.Access,
    _ body: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(GuestFault) {
    var address = address
    var left = byteCount
    while left > 0 {
      let count = min(left, Self.pageSize - address.offsetInPage)
      let host = try host(at: address, count, for: access)
      body(UnsafeMutableRawBufferPointer(start: host, count: count))
      address = address + count
      left -= count
    }
  }

  /// Returns the bytes of a range.
  ///
  /// - Parameters:
  ///   - address: The first byte.
  ///   - byteCount: The number of bytes. The caller bounds what a driver can ask for.
  /// - Returns: A copy of the bytes.
  /// - Throws: The ``GuestFault`` of the first byte that cannot be read.
  public func bytes(at address: VirtualAddress, count byteCount: Int) throws(GuestFault) -> [UInt8]
  {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    try forEachRun(at: address, byteCount: byteCount, for: .read) { run in
      bytes.append(contentsOf: run)
    }
    return bytes
  }

  /// Stores bytes.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - address: Where the first goes.
  /// - Throws: The ``GuestFault`` of the first byte that cannot be written, after those before it
  ///   have been stored.
  public func store(bytes: some Collection<UInt8>, at address: VirtualAddress) throws(GuestFault) {
    var rest = bytes[...]
    try forEachRun(at: address, byteCount: bytes.count, for: .write) { run in
      run.copyBytes(from: rest.prefix(run.count))
      rest = rest.dropFirst(run.count)
    }
  }

  /// Sets every byte of a range.
  ///
  /// - Throws: The ``GuestFault`` of the first byte that cannot be written, after those before it
  ///   have been set.
  public func fill(
    at address: VirtualAddress,
    count byteCount: Int,
    with byte: UInt8 = 0
  ) throws(GuestFault) {
    try forEachRun(at: address, byteCount: byteCount, for: .write) { run in
      run.baseAddress?.initializeMemory(as: UInt8.self, repeating: byte, count: run.count)
    }
  }

  /// Copies bytes from low addresses to high, or the other way where the ranges overlap so.
  ///
  /// - Throws: The ``GuestFault`` of the first byte that cannot be read or written, after those
  ///   before it have been copied.
  public func copy(
    from source: VirtualAddress,
    to destination: VirtualAddress,
    count byteCount: Int
  ) throws(GuestFault) {
    let isBackward = source < destination && destination < source + byteCount
    var done = 0
    while done < byteCount {
      var from = source + done
      var to = destination + done
      var count = byteCount - done
      if isBackward {
        // The run ends where the bytes that are left end.
        let fromEnd = source + (byteCount - done - 1)
        let toEnd = destination + (byteCount - done - 1)
        count = min(count, fromEnd.offsetInPage + 1, toEnd.offsetInPage + 1)
        from = fromEnd + (1 - count)
        to = toEnd + (1 - count)
      } else {
        count = min(count, Self.pageSize - from.offsetInPage, Self.pageSize - to.offsetInPage)
      }
      let input = try host(at: from, count, for: .read)
      let output = try host(at: to, count, for: .write)
      output.copyMemory(from: input, byteCount: count)
      done += count
    }
  }
}
