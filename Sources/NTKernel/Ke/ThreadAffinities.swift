internal import GuestABI
internal import NTStructures

/// On which processors threads may run, of which the machine has one, in group 0.
///
/// What a thread is bound to for the system's purposes is kept, since the routines return it; 0
/// stands for nothing.
final class ThreadAffinities {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private var systemAffinities: [VirtualAddress: UInt64] = [:]

  /// Creates a table in which no thread is bound.
  init(_ dispatcher: Dispatcher) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
  }

  private var current: UInt64 {
    get { systemAffinities[dispatcher.current.body] ?? 0 }
    set { systemAffinities[dispatcher.current.body] = newValue == 0 ? nil : newValue }
  }

  /// The routines that drivers import.
  var exports: [Export] { maskExports + groupExports + numberExports }

  private var maskExports: [Export] {
    [
      export("KeSetSystemAffinityThread") { [self] (affinity: GuestWord) in
        try bind(affinity, "KeSetSystemAffinityThread")
      },
      export("KeSetSystemAffinityThreadEx") { [self] (affinity: GuestWord) in
        let old = current
        try bind(affinity, "KeSetSystemAffinityThreadEx")
        return GuestWord(old)
      },
      export("KeRevertToUserAffinityThread") { [self] () in current = 0 },
      export("KeRevertToUserAffinityThreadEx") { [self] (affinity: GuestWord) in
        if affinity.rawValue == 0 {
          current = 0
        } else {
          try bind(affinity, "KeRevertToUserAffinityThreadEx")
        }
      },
      export("KeSetAffinityThread") { (thread: VirtualAddress, affinity: GuestWord) in
        guard affinity.rawValue == 1 else {
          throw Unmodelled("KeSetAffinityThread with processors that the machine does not have")
        }
        return GuestWord(1)
      },
      export("KeSetIdealProcessorThread") { (thread: VirtualAddress, processor: UInt8) in
        // MAXIMUM_PROCESSORS leaves the ideal processor alone, which is the only one.
        UInt8(0)
      },
    ]
  }

  /// Binds the current thread to processors, of which one at least must exist.
  private func bind(_ affinity: GuestWord, _ routine: String) throws {
    guard affinity.rawValue & 1 == 1 else {
      throw Unmodelled("\(routine) without a processor that the machine has")
    }
    current = 1
  }

  private var groupExports: [Export] {
    [
      export("KeSetSystemGroupAffinityThread") {
        [self] (new: VirtualAddress, previous: VirtualAddress) in
        let affinity = try memory.load(GuestWord.self, at: new)
        let group = try memory.load(UInt16.self, at: new + memory.architecture.pointerSize)
        // An affinity without a processor is ignored, and the previous one then zero.
        let isValid = affinity.rawValue & 1 == 1 && group == 0
        if previous != .null { try store(isValid ? current : 0, at: previous) }
        if isValid { current = 1 }
      },
      export("KeRevertToUserGroupAffinityThread") { [self] (previous: VirtualAddress) in
        current = try memory.load(GuestWord.self, at: previous).rawValue & 1
      },
      export("KeQueryGroupAffinity") { (group: UInt16) in GuestWord(group == 0 ? 1 : 0) },
      export("KeQueryNodeActiveAffinity") {
        [self] (node: UInt16, affinity: VirtualAddress, count: VirtualAddress) in
        let mask: UInt64 = node == 0 ? 1 : 0
        if affinity != .null { try store(mask, at: affinity) }
        if count != .null { try memory.store(UInt16(mask), at: count) }
      },
      export("KeQueryNodeMaximumProcessorCount") { (node: UInt16) in UInt16(node == 0 ? 1 : 0) },
      export("KeQueryHighestNodeNumber") { () in UInt16(0) },
      export("KeGetCurrentNodeNumber") { () in UInt16(0) },
    ]
  }

  /// Stores a `GROUP_AFFINITY` of group 0.
  private func store(_ mask: UInt64, at place: VirtualAddress) throws {
    let width = memory.architecture.pointerSize
    try memory.fill(at: place, count: width + 8)
    try memory.store(GuestWord(mask), at: place)
  }

  private var numberExports: [Export] {
    [
      export("KeGetProcessorNumberFromIndex") { [self] (index: UInt32, number: VirtualAddress) in
        guard index == 0 else { return NTStatus.invalidParameter }
        try memory.store(UInt32(0), at: number)
        return .success
      },
      export("KeGetProcessorIndexFromNumber") { [self] (number: VirtualAddress) in
        // INVALID_PROCESSOR_INDEX stands for a processor that there is not; the last byte must be 0.
        try memory.load(UInt32.self, at: number) == 0 ? UInt32(0) : UInt32.max
      },
    ]
  }
}
