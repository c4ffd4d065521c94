public import GuestABI

/// A range of user memory whose protection a driver has secured.
public struct SecuredRange: Sendable {
  /// The addresses.
  public let addresses: Range<VirtualAddress>
  /// Whether the range must stay writable, and not only readable.
  public let staysWritable: Bool
  /// The process whose memory it is.
  public let process: VirtualAddress
  /// Where the routine that secured it returned to.
  public let caller: VirtualAddress
}

extension MemoryManager {
  /// Secures a range of user memory, so that it can neither be freed nor be protected more.
  ///
  /// The corresponding kernel routine is `MmSecureVirtualMemory`, which NT 3.51 has already (KD-066).
  ///
  /// - Parameters:
  ///   - address: The first byte.
  ///   - byteCount: The number of bytes.
  ///   - probeMode: `PAGE_READONLY` (2) or `PAGE_READWRITE` (4).
  /// - Returns: An opaque handle, or NULL if the range cannot be secured.
  /// - Throws: ``Unmodelled`` for no bytes, and for other probe modes.
  public func secureVirtualMemory(
    _ address: VirtualAddress,
    _ byteCount: GuestWord,
    probeMode: UInt32
  ) throws -> VirtualAddress {
    guard probeMode == 2 || probeMode == 4 else {
      throw Unmodelled("MmSecureVirtualMemory with probe mode 0x\(String(probeMode, radix: 16))")
    }
    guard byteCount.rawValue > 0 else { throw Unmodelled("MmSecureVirtualMemory of no bytes") }
    let (end, wraps) = address.rawValue.addingReportingOverflow(byteCount.rawValue)
    guard !wraps, end <= layout.userProbeAddress.rawValue else { return .null }
    var page = VirtualAddress(rawValue: address.rawValue & ~0xFFF)
    while page.rawValue < end {
      // The first page that is missing ends the loop, so its length is that of memory.
      guard let entry = memory.tables.translate(page), entry.isUser,
        entry.isWritable || probeMode == 2
      else { return .null }
      page = page + 4096
    }
    guard let handle = try allocatePool(16, .nonpaged, tag: 0x6553_6D4D) else { return .null }
    securedRanges[handle] = SecuredRange(
      addresses: address..<VirtualAddress(rawValue: end),
      staysWritable: probeMode == 4,
      process: currentProcess,
      caller: context.caller
    )
    return handle
  }

  /// Takes back what ``secureVirtualMemory(_:_:probeMode:)`` did.
  ///
  /// The corresponding kernel routine is `MmUnsecureVirtualMemory`.
  ///
  /// - Throws: The ``BugCheck`` `MEMORY_MANAGEMENT` (0x15000) for a handle that the current process does not
  ///   have.
  public func unsecureVirtualMemory(_ handle: VirtualAddress) throws {
    guard let range = securedRanges[handle], range.process == currentProcess else {
      let address = securedRanges[handle]?.addresses.lowerBound.rawValue
      throw BugCheck(.memoryManagement, 0x15000, address, nil, nil)
    }
    securedRanges[handle] = nil
    try freePool(handle)
  }

  /// Forgets what a process that ends has secured: that needs no call (nf-ntddk-mmsecurevirtualmemory).
  func unsecureAll(of process: VirtualAddress) throws {
    let ranges = securedRanges.sorted { $0.key < $1.key }
    for (handle, range) in ranges where range.process == process {
      securedRanges[handle] = nil
      try freePool(handle)
    }
  }

  /// Whether memory of the current process may be given a protection.
  ///
  /// The corresponding text is nf-ntddk-mmsecurevirtualmemory in windows-driver-docs-ddi@6dcd4d9f: a range
  /// secured with `PAGE_READWRITE` stays readable and writable, one with `PAGE_READONLY` readable.
  public func allowsProtection(
    of addresses: Range<VirtualAddress>,
    isReadable: Bool,
    isWritable: Bool
  ) -> Bool {
    securedRanges.values.allSatisfy { range in
      range.process != currentProcess || !range.addresses.overlaps(addresses)
        || (isReadable && (isWritable || !range.staysWritable))
    }
  }

  /// Whether memory of the current process may be freed: no part of it is secured.
  public func allowsFreeing(_ addresses: Range<VirtualAddress>) -> Bool {
    allowsProtection(of: addresses, isReadable: false, isWritable: false)
  }
}
