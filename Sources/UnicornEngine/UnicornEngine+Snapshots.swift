internal import CUnicorn
internal import GuestABI
internal import GuestEngine

extension UnicornEngine {
  /// Remembers all registers, the count of instructions and the places of watched pages.
  ///
  /// Translated code stays, and so does what was found in it: the memory tells of code that changes.
  public func saveState() -> () -> Void {
    let context = saveContext()
    let count = instructionCount
    let limit = instructionLimit
    let watched = watched
    // Writable translations that were made before would hide the next write.
    forgetTranslations()
    return { [unowned self] in
      restore(context)
      instructionLimit = limit
      ls_engine_set_count(engine, count)
      self.watched = watched
      lastFault = nil
      requestedExit = nil
      isWatchedFlushNeeded = false
      forgetTranslations()
    }
  }
}
