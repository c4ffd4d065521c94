internal import GuestABI

extension MemoryManager {
  /// Tells of a mapping for user mode, which raises an exception when it fails, if nothing would handle it
  /// (KD-013).
  ///
  /// A call is looked at when it is first made.
  func checkUserMappingGuard() {
    guard context.caller != .null, guardedCalls.insert(context.caller).inserted,
      let mayHandleException, !mayHandleException()
    else { return }
    report(
      .userMappingUnguarded,
      "pages are mapped for UserMode outside of __try, where a failure stops the system"
    )
  }
}
