public import GuestABI

/// A queue of entries that threads wait for, and which keeps only so many of them active.
///
/// The corresponding C type is `KQUEUE`; the layout is that of the WDK's `ntifs.h`.
public struct KQueue: GuestStructure {
  /// The start of a `LIST_ENTRY`: the entries.
  public let entryListHead = Field<GuestPointer<ListEntry>>(x86: 0x10, x64: 0x18)
  /// The threads that run, of those that take entries.
  public let currentCount = Field<UInt32>(x86: 0x18, x64: 0x28)
  /// The threads that may run at a time.
  public let maximumCount = Field<UInt32>(x86: 0x1C, x64: 0x2C)
  /// The start of a `LIST_ENTRY`: the threads.
  public let threadListHead = Field<GuestPointer<ListEntry>>(x86: 0x20, x64: 0x30)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x28 : 0x40
  }
}
