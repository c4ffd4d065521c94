public import GuestABI

extension MemoryManager: MemoryObserver {
  public func observe(_ access: ObservedAccess) -> Bool {
    let region = access.address < layout.userProbeAddress ? userPTEs : systemPTEs
    guard let owner = region.owner(of: access.address), mappings[Int(owner)] != nil else {
      let page = VirtualAddress(rawValue: access.address.rawValue & ~0xFFF)
      if freedPages[page] != nil { return observe(access, ofFreedBlocksIn: page) }
      if let structure = opaqueStructures[page] {
        check(access, of: structure)
        return false
      }
      return act(on: page)
    }
    return observe(access, through: Int(owner))
  }

  /// Does something just before a page is first accessed.
  public func watch(_ page: VirtualAddress, _ action: @escaping () throws -> Void) {
    guard let entry = memory.tables.entry(for: page) else { return }
    memory.tables.store(memory.tables.load(entry).union(.watched), at: entry)
    memory.invalidate(page)
    firstAccessActions[page] = action
  }

  private func act(on page: VirtualAddress) -> Bool {
    guard let action = firstAccessActions.removeValue(forKey: page) else { return false }
    stopWatching(page)
    do { try action() } catch { failedAction = error }
    return true
  }

  private func observe(_ access: ObservedAccess, through index: Int) -> Bool {
    guard let window = mappings[index]?.remainder else { return false }
    if access.access == .write { checkLockOperation(access, mappings[index]) }
    let isFirst = mappings[index]?.firstAccess == nil
    if isFirst { mappings[index]?.firstAccess = access }
    if let lowest = mappings[index]?.lowestAccess?.address, lowest <= access.address {
      // Not lower than what is known.
    } else {
      mappings[index]?.lowestAccess = access
    }
    let end = access.address + access.byteCount
    let isInside = window.lowerBound <= access.address && end <= window.upperBound
    if !isInside, mappings[index]?.firstAccessOutside == nil {
      mappings[index]?.firstAccessOutside = access
      reportAccessOutside(access, mappings[index])
    }
    // Pages that lie wholly in the buffer need not be watched once the first access is known.
    let page = VirtualAddress(rawValue: access.address.rawValue & ~0xFFF)
    if window.lowerBound <= page, page + 4096 <= window.upperBound {
      stopWatching(page)
      return true
    }
    return false
  }

  func stopWatching(_ page: VirtualAddress) {
    guard let entry = memory.tables.entry(for: page) else { return }
    memory.tables.store(memory.tables.load(entry).subtracting(.watched), at: entry)
    memory.invalidate(page)
  }

  private func reportAccessOutside(_ access: ObservedAccess, _ mapping: MDLMapping?) {
    guard let mapping else { return }
    let verb = access.access == .write ? "writes" : "reads"
    let before = access.address < mapping.remainder.lowerBound
    let distance =
      before
      ? mapping.remainder.lowerBound.rawValue - access.address.rawValue
      : (access.address + access.byteCount).rawValue - mapping.remainder.upperBound.rawValue
    sink?.record(
      .violation(
        Violation(
          .accessOutsideBuffer,
          "\(verb) \(access.byteCount) byte\(access.byteCount == 1 ? "" : "s") at \(access.address), "
            + "\(distance) bytes \(before ? "before the start" : "past the end") of the buffer",
          at: access.instruction ?? context.caller,
          isPrecise: access.isPrecise,
          access: access,
          mapping: mapping,
          life: life(of: mapping.mdl),
          mdl: state(ofMDL: mapping.mdl)
        )
      )
    )
  }
}
