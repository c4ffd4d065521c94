internal import GuestABI

/// Run-down protection: an object that may be used until its owner waits for its users to be done.
///
/// An `EX_RUNDOWN_REF` holds twice the count of users; bit 0 says that it is run down. While the
/// owner waits, NT keeps a pointer there; here it is 1 and the host keeps the count.
final class RundownProtection {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  /// Who waits, and for how many users.
  private var waits: [VirtualAddress: (owner: KernelThread, count: UInt64)] = [:]

  /// Creates a table in which nobody waits.
  init(_ dispatcher: Dispatcher) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("ExInitializeRundownProtection", .fastcall) { [self] (place: VirtualAddress) in
        try set(place, 0)
      },
      export("ExReInitializeRundownProtection", .fastcall) { [self] (place: VirtualAddress) in
        try set(place, 0)
      },
      export("ExRundownCompleted", .fastcall) { [self] (place: VirtualAddress) in
        try set(place, 1)
      },
      export("ExAcquireRundownProtection", .fastcall) { [self] (place: VirtualAddress) in
        try acquire(place, 1)
      },
      export("ExAcquireRundownProtectionEx", .fastcall) {
        [self] (place: VirtualAddress, count: UInt32) in
        try acquire(place, UInt64(count))
      },
      export("ExReleaseRundownProtection", .fastcall) { [self] (place: VirtualAddress) in
        try release(place, 1)
      },
      export("ExReleaseRundownProtectionEx", .fastcall) {
        [self] (place: VirtualAddress, count: UInt32) in
        try release(place, UInt64(count))
      },
      export("ExWaitForRundownProtectionRelease", .fastcall, to: wait(for:)),
    ]
  }

  private func value(_ place: VirtualAddress) throws -> UInt64 {
    try memory.load(GuestWord.self, at: place).rawValue
  }

  func set(_ place: VirtualAddress, _ value: UInt64) throws {
    try memory.store(GuestWord(value), at: place)
  }

  func acquire(_ place: VirtualAddress, _ count: UInt64) throws -> Bool {
    let old = try value(place)
    guard old & 1 == 0 else { return false }
    try set(place, old + 2 * count)
    return true
  }

  func release(_ place: VirtualAddress, _ count: UInt64) throws {
    if let wait = waits[place], wait.count >= count {
      waits[place] = wait.count > count ? (wait.owner, wait.count - count) : nil
      if wait.count == count { dispatcher.wake(wait.owner, returning: GuestWord(0)) }
      return
    }
    let old = try value(place)
    guard old & 1 == 0, old >= 2 * count else {
      throw Unmodelled("ExReleaseRundownProtection: protection that was not acquired")
    }
    try set(place, old - 2 * count)
  }

  func wait(for place: VirtualAddress) throws -> Completion {
    let old = try value(place)
    guard waits[place] == nil else {
      throw Unmodelled("ExWaitForRundownProtectionRelease: two threads wait")
    }
    guard old > 1 else {
      try set(place, 1)
      return .done
    }
    let completion = try dispatcher.waitUntilWoken("ExWaitForRundownProtectionRelease")
    waits[place] = (dispatcher.current, old / 2)
    try set(place, 1)
    return completion
  }
}
