public import GuestABI
internal import NTReleases
internal import NTStructures

extension MemoryManager {
  /// The routines that drivers import to copy memory that may not be there, and to keep caches and
  /// devices in step.
  public var copyExports: [Export] {
    [
      export("MmCopyMemory") {
        [self]
        (
          target: VirtualAddress,
          source: UInt64,
          byteCount: GuestWord,
          flags: UInt32,
          transferred: GuestPointer<GuestWord>
        ) in
        try copyMemory(to: target, from: source, byteCount, flags, transferred)
      },
      // The caches of x86 and x64 follow what devices do: headers have an empty macro (KD-056).
      export("KeFlushIoBuffers") {
        (mdl: GuestPointer<MDL>, isRead: Bool, isDirectMemoryAccess: Bool) in
      },
      // KUSER_SHARED_DATA says the same: the machine is a workstation.
      export("MmIsThisAnNtAsSystem") { () in false },
    ]
  }

  /// Copies virtual or physical memory that may not be there.
  ///
  /// The corresponding kernel routine is `MmCopyMemory`.
  ///
  /// - Throws: ``Unmodelled`` if the source cannot be read: the routine returns an error then, and
  ///   `nf-ntddk-mmcopymemory` does not say which.
  private func copyMemory(
    to target: VirtualAddress,
    from source: UInt64,
    _ byteCount: GuestWord,
    _ flags: UInt32,
    _ transferred: GuestPointer<GuestWord>
  ) throws -> NTStatus {
    // MM_COPY_MEMORY_PHYSICAL is 1, MM_COPY_MEMORY_VIRTUAL 2. MM_COPY_ADDRESS has 8 bytes, of which
    // a virtual address takes as many as a pointer.
    guard flags == 1 || flags == 2 else { throw Unmodelled("MmCopyMemory with flags \(flags)") }
    let isPhysical = flags == 1
    let mask: UInt64 = isPhysical || memory.architecture == .x64 ? .max : 0xFFFF_FFFF
    var place = source & mask
    var (left, target) = (byteCount.rawValue, target)
    while left > 0 {
      let offset = Int(place & 0xFFF)
      let count = Int(min(UInt64(4096 - offset), left))
      let frame =
        isPhysical
        ? PhysicalAddress(rawValue: place).frame
        : memory.tables.translate(VirtualAddress(rawValue: place))?.frame
      guard let frame, isMemory(frame) else {
        throw Unmodelled("MmCopyMemory of memory that cannot be read: its status is not documented")
      }
      let host = UnsafeRawBufferPointer(start: memory.ram.host(frame) + offset, count: count)
      try memory.store(bytes: [UInt8](host), at: target)
      place &+= UInt64(count)
      left -= UInt64(count)
      target = target + count
    }
    try memory.store(byteCount, at: transferred.address)
    return .success
  }
}
