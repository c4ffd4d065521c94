public import GuestABI

/// A memory descriptor list: the pages behind a buffer, and where they are mapped.
///
/// An array of page frame numbers follows it.
///
/// The corresponding C type is `MDL`.
public struct MDL: GuestStructure {
  public let next = Field<GuestPointer<MDL>>(x86: 0x00, x64: 0x00)
  /// The bytes of the structure and of the page frame numbers, truncated to 16 bits.
  public let size = Field<Int16>(x86: 0x04, x64: 0x08)
  public let flags = Field<Flags>(x86: 0x06, x64: 0x0A)
  public let process = Field<VirtualAddress>(x86: 0x08, x64: 0x10)
  public let mappedSystemVA = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  /// The start of the buffer's first page.
  public let startVA = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  public let byteCount = Field<UInt32>(x86: 0x14, x64: 0x28)
  /// The bytes from the start of the first page to the buffer: 0 to 4095.
  public let byteOffset = Field<UInt32>(x86: 0x18, x64: 0x2C)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x1C : 0x30
  }
}

extension MDL {
  /// What is known about an MDL's pages, in the bits of `MdlFlags`.
  ///
  /// The values never changed; several names did (KD-024, KD-025).
  public struct Flags: OptionSet, Hashable, GuestScalar, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The pages are mapped at ``MDL/mappedSystemVA``: `MDL_MAPPED_TO_SYSTEM_VA`.
    @inlinable public static var mappedToSystemVA: Self { Self(rawValue: 0x0001) }
    /// The pages are locked in memory: `MDL_PAGES_LOCKED`.
    @inlinable public static var pagesLocked: Self { Self(rawValue: 0x0002) }
    /// The pages are nonpaged pool: `MDL_SOURCE_IS_NONPAGED_POOL`.
    @inlinable public static var sourceIsNonpagedPool: Self { Self(rawValue: 0x0004) }
    /// The structure came from a list of fixed-size ones: `MDL_ALLOCATED_FIXED_SIZE`.
    @inlinable public static var allocatedFixedSize: Self { Self(rawValue: 0x0008) }
    /// The MDL describes a part of another: `MDL_PARTIAL`.
    @inlinable public static var partial: Self { Self(rawValue: 0x0010) }
    /// The part was mapped on its own: `MDL_PARTIAL_HAS_BEEN_MAPPED`.
    @inlinable public static var partialHasBeenMapped: Self { Self(rawValue: 0x0020) }
    /// The pages are read from a device: `MDL_IO_PAGE_READ`.
    @inlinable public static var ioPageRead: Self { Self(rawValue: 0x0040) }
    /// The pages were locked for writing: `MDL_WRITE_OPERATION`.
    @inlinable public static var writeOperation: Self { Self(rawValue: 0x0080) }
    /// The pages are device memory: `MDL_IO_SPACE`.
    @inlinable public static var ioSpace: Self { Self(rawValue: 0x0800) }
    /// The contents of the pages never change: `MDL_PAGE_CONTENTS_INVARIANT`, before Windows 8
    /// `MDL_ALLOCATED_MUST_SUCCEED` (KD-024).
    @inlinable public static var pageContentsInvariant: Self { Self(rawValue: 0x4000) }
    /// A mapping that fails returns NULL: `MDL_MAPPING_CAN_FAIL`.
    @inlinable public static var mappingCanFail: Self { Self(rawValue: 0x2000) }
  }

  /// Returns where the page frame numbers of an MDL begin.
  @inlinable
  public static func pageFrames(
    of mdl: GuestPointer<MDL>,
    on architecture: Architecture
  ) -> VirtualAddress {
    mdl.address + size(on: architecture)
  }

  /// Returns the number of pages that a range touches.
  ///
  /// The corresponding C macro is `ADDRESS_AND_SIZE_TO_SPAN_PAGES`.
  @inlinable
  public static func pageCount(from address: VirtualAddress, byteCount: Int) -> Int {
    (address.offsetInPage + byteCount + 4095) / 4096
  }
}
