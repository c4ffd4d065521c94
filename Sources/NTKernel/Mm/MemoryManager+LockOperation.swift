internal import GuestABI
internal import NTStructures

extension MemoryManager {
  /// Whether a driver, or the system for it, locked an MDL's pages with `IoReadAccess`.
  func isLockedForReading(_ mdl: GuestPointer<MDL>, _ flags: MDL.Flags) -> Bool {
    flags.contains(.pagesLocked) && !flags.contains(.writeOperation) && locks[mdl.address] != nil
  }

  /// Tells of a write to pages that were locked for reading, once for each page.
  func checkLockOperation(_ access: ObservedAccess, _ mapping: MDLMapping?) {
    let page = VirtualAddress(rawValue: access.address.rawValue & ~0xFFF)
    guard let mapping, let entry = memory.tables.entry(for: page) else { return }
    let pte = memory.tables.load(entry)
    guard pte.contains(.writeWatched) else { return }
    memory.tables.store(pte.subtracting(.writeWatched), at: entry)
    memory.invalidate(page)
    report(
      .wrongLockOperation,
      "writes \(access.address) through a mapping of the MDL at \(mapping.mdl), whose pages were "
        + "locked with IoReadAccess",
      mapping,
      by: access
    )
  }
}
