public import GuestABI

/// An asynchronous procedure call: a routine that a thread is to run.
///
/// The corresponding C type is `KAPC`; the layout is that of the WDK's `wdm.h`. Before Server 2003 the
/// type and the size were 16 bits wide, at the same places.
public struct KAPC: GuestStructure {
  public let type = Field<UInt8>(x86: 0x00, x64: 0x00)
  public let size = Field<UInt8>(x86: 0x02, x64: 0x02)
  public let thread = Field<VirtualAddress>(x86: 0x08, x64: 0x08)
  public let kernelRoutine = Field<VirtualAddress>(x86: 0x14, x64: 0x20)
  public let rundownRoutine = Field<VirtualAddress>(x86: 0x18, x64: 0x28)
  public let normalRoutine = Field<VirtualAddress>(x86: 0x1C, x64: 0x30)
  public let normalContext = Field<VirtualAddress>(x86: 0x20, x64: 0x38)
  public let systemArgument1 = Field<VirtualAddress>(x86: 0x24, x64: 0x40)
  public let systemArgument2 = Field<VirtualAddress>(x86: 0x28, x64: 0x48)
  public let stateIndex = Field<UInt8>(x86: 0x2C, x64: 0x50)
  public let mode = Field<UInt8>(x86: 0x2D, x64: 0x51)
  public let isInserted = Field<Bool>(x86: 0x2E, x64: 0x52)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x30 : 0x58
  }
}
