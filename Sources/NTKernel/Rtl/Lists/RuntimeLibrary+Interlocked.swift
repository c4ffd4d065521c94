import GuestABI
import NTStructures

/// Numbers that are changed atomically. A machine runs one instruction at a time, so every change is.
///
/// Spin locks that callers pass are left alone: on the one processor that there is nobody else can
/// hold them.
extension RuntimeLibrary {
  /// The routines that only x86 exports; x64 compilers have instructions for them.
  var interlockedExports: [Export] {
    typealias Long = GuestPointer<UInt32>
    return [
      export("InterlockedIncrement", .fastcall) { [self] (target: Long) in
        try change(target) { $0 &+ 1 }.new
      },
      export("InterlockedDecrement", .fastcall) { [self] (target: Long) in
        try change(target) { $0 &- 1 }.new
      },
      export("InterlockedExchange", .fastcall) { [self] (target: Long, value: UInt32) in
        try change(target) { _ in value }.old
      },
      export("InterlockedExchangeAdd", .fastcall) { [self] (target: Long, value: UInt32) in
        try change(target) { $0 &+ value }.old
      },
      export("InterlockedCompareExchange", .fastcall) {
        [self] (target: Long, value: UInt32, comparand: UInt32) in
        try change(target) { $0 == comparand ? value : $0 }.old
      },
      export("ExInterlockedIncrementLong") { [self] (target: Long, lock: VirtualAddress) in
        Self.sign(try change(target) { $0 &+ 1 }.new)
      },
      export("ExInterlockedDecrementLong") { [self] (target: Long, lock: VirtualAddress) in
        Self.sign(try change(target) { $0 &- 1 }.new)
      },
      export("ExInterlockedExchangeUlong") {
        [self] (target: Long, value: UInt32, lock: VirtualAddress) in
        try change(target) { _ in value }.old
      },
      export("ExfInterlockedAddUlong", .fastcall) {
        [self] (target: Long, value: UInt32, lock: VirtualAddress) in
        try change(target) { $0 &+ value }.old
      },
      export("ExInterlockedAddLargeStatistic", .fastcall) {
        [self] (target: GuestPointer<UInt64>, value: UInt32) in
        _ = try change(target) { $0 &+ UInt64(value) }
      },
      export("ExInterlockedCompareExchange64", .fastcall) {
        [self]
        (
          target: GuestPointer<UInt64>,
          value: GuestPointer<UInt64>,
          comparand: GuestPointer<UInt64>,
          lock: VirtualAddress
        ) in
        try compareExchange(target, value, comparand)
      },
      export("ExfInterlockedCompareExchange64", .fastcall, to: compareExchange(_:_:_:)),
    ]
  }

  /// What x86 leaves of a number: `INTERLOCKED_RESULT`, whose values are the processor's flags.
  private static func sign(_ value: UInt32) -> UInt32 {
    value == 0 ? 0x4000 : Int32(bitPattern: value) < 0 ? 0x8000 : 0
  }

  func change<Value: GuestScalar>(
    _ target: GuestPointer<Value>,
    _ body: (Value) -> Value
  ) throws -> (old: Value, new: Value) {
    let old = try memory.load(Value.self, at: target.address)
    let new = body(old)
    try memory.store(new, at: target.address)
    return (old, new)
  }

  private func compareExchange(
    _ target: GuestPointer<UInt64>,
    _ value: GuestPointer<UInt64>,
    _ comparand: GuestPointer<UInt64>
  ) throws -> UInt64 {
    let value = try memory.load(UInt64.self, at: value.address)
    let comparand = try memory.load(UInt64.self, at: comparand.address)
    return try change(target) { $0 == comparand ? value : $0 }.old
  }
}
