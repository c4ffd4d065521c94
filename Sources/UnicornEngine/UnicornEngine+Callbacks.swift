internal import CUnicorn
internal import GuestABI

/// Calls a closure with the engine that Unicorn's context refers to.
private func withEngine<Result>(
  _ context: UnsafeMutableRawPointer?,
  _ body: (UnicornEngine) -> Result
) -> Result {
  guard let context else { preconditionFailure("Unicorn lost its context") }
  return Unmanaged<UnicornEngine>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
}

extension UnicornEngine {
  /// Returns the functions that Unicorn calls while the processor runs.
  static func makeOwner() -> ls_owner {
    ls_owner(
      context: nil,
      fill: { context, page, access, physical, permissions in
        guard let physical, let permissions else { return false }
        return withEngine(context) { $0.fill(page, access, physical, permissions) }
      },
      access: { context, offset, size, isWrite in
        withEngine(context) { $0.accessWatched(offset, Int(size), isWrite ? .write : .read) }
      },
      read: { context, offset, size in withEngine(context) { $0.readWatched(offset, Int(size)) } },
      write: { context, offset, size, value in
        withEngine(context) { $0.writeWatched(offset, Int(size), value) }
      },
      port_in: { context, port, size in withEngine(context) { $0.readPort(port, Int(size)) } },
      port_out: { context, port, size, value in
        withEngine(context) { $0.writePort(port, Int(size), value) }
      },
      intercepted: { context, address in withEngine(context) { $0.executeIntercepted(address) } },
      executed: { context, address in withEngine(context) { $0.notifyObservers(of: address) } }
    )
  }

  fileprivate func fill(
    _ page: UInt64,
    _ access: Int32,
    _ physical: UnsafeMutablePointer<UInt64>,
    _ permissions: UnsafeMutablePointer<UInt32>
  ) -> Bool {
    let kind: GuestFault.Access = access == 1 ? .write : access == 2 ? .execute : .read
    let address = VirtualAddress(rawValue: memory.architecture == .x86 ? page & 0xFFFF_FFFF : page)
    let translation: Translation
    do {
      translation = try memory.translate(address, for: kind)
    } catch {
      lastFault = error
      return false
    }
    let ram = memory.ram
    let frame = translation.frame
    physical.pointee = PhysicalAddress(frame: frame).rawValue
    // Unicorn's permissions: 1 reads, 2 writes, 4 fetches.
    switch kind {
    case .execute:
      permissions.pointee = 5
      if !ram.isFetched(frame) {
        memory.markFetched(frame)
        // Writable translations of the frame come back with permission to fetch.
        ls_engine_flush_addresses(engine)
      }
      intercept(address, frame)
      return true
    case .write:
      ram.markDirty(frame)
      if ram.isPageTable(frame) { memory.guestWritesPageTables = true }
      if ram.isFetched(frame) { rewrittenFrames.insert(frame) }
      permissions.pointee = ram.isFetched(frame) ? 7 : 3
    case .read:
      permissions.pointee = 1
    }
    if translation.isWatched {
      let place = watched.place(VirtualAddress(rawValue: address.rawValue & ~0xFFF), frame)
      if place.wraps { ls_engine_flush_addresses(engine) }
      physical.pointee = place.physical
    }
    return true
  }

  /// Notes an access to a watched page before it happens.
  fileprivate func accessWatched(_ offset: UInt64, _ size: Int, _ access: GuestFault.Access) {
    guard let place = watched.resolve(offset) else { return }
    let rip = ls_engine_read(engine, memory.architecture == .x64 ? 41 : 26)
    if access == .read {
      watched.beginRead(place.address, size)
    } else if watched.beginWrite(place.address, size, by: rip) {
      return
    }
    observe(place.address, size, access, at: rip, isPrecise: true)
  }

  private func observe(
    _ address: VirtualAddress,
    _ size: Int,
    _ access: GuestFault.Access,
    at rip: UInt64,
    isPrecise: Bool
  ) {
    let isLookedUpAfresh = memory.observer?.observe(
      ObservedAccess(
        address: address,
        byteCount: size,
        access: access,
        instruction: VirtualAddress(rawValue: rip),
        isPrecise: isPrecise
      )
    )
    // Unicorn holds on to the translation until the access is done.
    if isLookedUpAfresh == true { isWatchedFlushNeeded = true }
  }

  private func finishAccess() {
    guard isWatchedFlushNeeded else { return }
    isWatchedFlushNeeded = false
    ls_engine_flush_addresses(engine)
  }

  fileprivate func readWatched(_ offset: UInt64, _ size: Int) -> UInt64 {
    guard let place = watched.resolve(offset) else { return 0 }
    if !watched.isPartOfRead(place.address, size) {
      // How much of the page is read is not known: at least its first byte.
      let rip = ls_engine_read(engine, memory.architecture == .x64 ? 41 : 26)
      observe(place.address, 1, .read, at: rip, isPrecise: false)
    }
    defer { finishAccess() }
    let host = memory.ram.host(place.frame) + Int(offset & 0xFFF)
    switch size {
    case 1: return UInt64(host.load(as: UInt8.self))
    case 2: return UInt64(host.loadUnaligned(as: UInt16.self))
    case 4: return UInt64(host.loadUnaligned(as: UInt32.self))
    default: return host.loadUnaligned(as: UInt64.self)
    }
  }

  fileprivate func writeWatched(_ offset: UInt64, _ size: Int, _ value: UInt64) {
    guard let place = watched.resolve(offset) else { return }
    defer { finishAccess() }
    let host = memory.ram.host(place.frame) + Int(offset & 0xFFF)
    switch size {
    case 1: host.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
    case 2: host.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
    case 4: host.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
    default: host.storeBytes(of: value, as: UInt64.self)
    }
  }

  /// Reads a port; one on which nothing answers reads as all ones.
  fileprivate func readPort(_ port: UInt32, _ size: Int) -> UInt32 {
    let ones = size >= 4 ? UInt32.max : (1 << UInt32(8 * size)) - 1
    let port = UInt16(truncatingIfNeeded: port)
    return processor.ports.map { $0.read(port: port, byteCount: size) & ones } ?? ones
  }

  fileprivate func writePort(_ port: UInt32, _ size: Int, _ value: UInt32) {
    let port = UInt16(truncatingIfNeeded: port)
    processor.ports?.write(port: port, byteCount: size, value: value)
  }
}
