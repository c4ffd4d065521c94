internal import GuestABI

/// Routines that drivers want called when the system stops.
///
/// A run ends with the bug check itself, so none is ever called. The records are
/// `KBUGCHECK_CALLBACK_RECORD` and `KBUGCHECK_REASON_CALLBACK_RECORD`, whose state drivers set to 0,
/// `BufferEmpty`, before they register them.
final class BugCheckCallbacks {
  private let memory: AddressSpace
  private var records: Set<VirtualAddress> = []

  /// Creates a list without records.
  init(memory: AddressSpace) { self.memory = memory }

  /// The routines that drivers import.
  var exports: [Export] {
    let isX86 = memory.architecture == .x86
    // Where the state is: behind the entry, the routine, the buffer, its length, the component and
    // the checksum; or the entry, the routine, the component, the checksum and the reason.
    let state = isX86 ? 28 : 56
    let reasonState = isX86 ? 24 : 44
    return [
      export("KeRegisterBugCheckCallback") {
        [self]
        (
          record: VirtualAddress,
          routine: VirtualAddress,
          buffer: VirtualAddress,
          length: UInt32,
          component: VirtualAddress
        ) in
        try add(record, state)
      },
      export("KeDeregisterBugCheckCallback") { [self] (record: VirtualAddress) in
        try remove(record, state)
      },
      export("KeRegisterBugCheckReasonCallback") {
        [self]
        (
          record: VirtualAddress,
          routine: VirtualAddress,
          reason: UInt32,
          component: VirtualAddress
        ) in
        try add(record, reasonState)
      },
      export("KeDeregisterBugCheckReasonCallback") { [self] (record: VirtualAddress) in
        try remove(record, reasonState)
      },
    ]
  }

  private func add(_ record: VirtualAddress, _ state: Int) throws -> Bool {
    guard try memory.load(UInt8.self, at: record + state) == 0 else { return false }
    // BufferInserted.
    try memory.store(UInt8(1), at: record + state)
    records.insert(record)
    return true
  }

  private func remove(_ record: VirtualAddress, _ state: Int) throws -> Bool {
    guard records.remove(record) != nil else { return false }
    try memory.store(UInt8(0), at: record + state)
    return true
  }
}
