/// What bounds the length that `IoAllocateMdl` accepts.
public enum MDLLengthLimit: Hashable, Sendable {
  /// The MDL's own size must fit 16 bits, and the length 31.
  case sizeField
  /// 2 GB less a page.
  case twoGigabytes
  /// 4 GB less a page.
  case fourGigabytes
}

/// How bug check 0x50 says what an access was.
public enum PageFaultAccessEncoding: Hashable, Sendable {
  /// 0 for a read, 1 for a write.
  case readWrite
  /// 0 for a read, 2 for a write, 0x10 for an execution.
  case readWriteExecute
}

/// A format of page tables.
public enum PageTableFormat: Hashable, Sendable {
  /// 4-byte entries in two levels.
  case twoLevel
  /// 8-byte entries in three levels.
  case pae
  /// 8-byte entries in four levels.
  case fourLevel
}

/// The order of the fields of a `KDPC`.
///
/// Source: text dumps of public symbols; see ``StructureVariant``.
public enum DPCLayout: Hashable, Sendable {
  /// `SHORT Type`, `UCHAR Number` at 2, `UCHAR Importance` at 3.
  case beforeServer2003
  /// `UCHAR Type`, `UCHAR Importance` at 1, `UCHAR Number` at 2.
  case server2003
  /// `UCHAR Type`, `UCHAR Importance`, `USHORT Number`.
  case vista
  /// As Vista's, then a `SINGLE_LIST_ENTRY` and `ProcessorHistory`.
  case win81

  /// The bytes before `Importance`.
  public var importanceOffset: Int { self == .beforeServer2003 ? 3 : 1 }

}

/// An access that a page fault reports.
public enum MemoryAccess: Hashable, Sendable, CaseIterable {
  case read, write, execute
}

extension Behaviour {
  /// Whether `IoAllocateMdl` accepts a length.
  ///
  /// - Parameters:
  ///   - length: The bytes to describe.
  ///   - pages: The pages that they touch.
  ///   - pageSize: The bytes of a page.
  ///   - pointerSize: The bytes of a pointer, which the size of an MDL depends on.
  /// - Returns: `false` where the routine returns `NULL` even if there is memory.
  public func allowsMDL(length: Int, pages: Int, pageSize: Int, pointerSize: Int) -> Bool {
    switch mdlLengthLimit {
    case .sizeField:
      length < 1 << 31 && (pointerSize == 4 ? 28 : 48) + pages * pointerSize <= 0xFFFF
    case .twoGigabytes: length <= 1 << 31 - pageSize
    case .fourGigabytes: length <= 1 << 32 - pageSize
    }
  }

  /// The bits by which the two PTEs before a reserved mapping shift its pool tag and its count of PTEs.
  ///
  /// On x86 they are those of Vista's from then on: ReactOS's kernel-mode test MmReservedMapping expects
  /// Windows 8's on x64 only.
  public func reservedMappingShifts(pointerSize: Int) -> (tag: Int, size: Int) {
    guard pointerSize == 4 else { return (reservedMappingTagShift, reservedMappingSizeShift) }
    return (reservedMappingTagShift == 0 ? 0 : 32, reservedMappingSizeShift == 1 ? 1 : 32)
  }

  /// The bytes that pool blocks are a multiple of.
  public func poolGranularity(pointerSize: Int) -> Int {
    pointerSize == 4 ? poolGranularity32 : poolGranularity64
  }

  /// The bytes of a pool block's header.
  public func poolHeaderSize(pointerSize: Int) -> Int {
    pointerSize == 4 ? poolHeaderSize32 : poolHeaderSize64
  }

  /// The bug check for an exception that nobody handles, outside system threads.
  public func unhandledExceptionBugCheck(pointerSize: Int) -> UInt32 {
    pointerSize == 4 ? unhandledExceptionBugCheck32 : unhandledExceptionBugCheck64
  }

  /// The bug check for an exception that nobody handles in an interrupt or DPC.
  public func unhandledInterruptExceptionBugCheck(pointerSize: Int) -> UInt32 {
    pointerSize == 4 ? unhandledExceptionBugCheck32 : unhandledInterruptExceptionBugCheck64
  }

  /// The bytes of a thread's kernel stack, on x86 and x64.
  public func kernelStackSize(pointerSize: Int) -> Int {
    pointerSize == 4 ? kernelStackSize32 : kernelStackSize64
  }

  /// The formats of page tables that the release's x86 kernels (for pointers of 4 bytes) or x64
  /// kernels (8) come in, the usual one first.
  public func pageTableFormats(pointerSize: Int) -> [PageTableFormat] {
    pointerSize == 4 ? pageTableFormats32 : [.fourLevel]
  }

  /// The second parameter of bug check 0x50, on x86 and x64.
  public func pageFaultParameter(for access: MemoryAccess) -> UInt64? {
    switch (access, pageFaultAccessEncoding) {
    case (.read, _): 0
    case (.write, .readWrite): 1
    case (.write, .readWriteExecute): 2
    case (.execute, .readWriteExecute): 0x10
    case (.execute, .readWrite): nil
    }
  }
}

/// A version of the Windows Driver Model.
public struct WDMVersion: Hashable, Sendable, CustomStringConvertible {
  /// The major part.
  public let major: UInt8
  /// The minor part, which documents write in hexadecimal.
  public let minor: UInt8

  public var description: String { "\(major).\(String(minor, radix: 16))" }
}

/// Where the object manager keeps the names of DOS devices.
public enum DOSDevices: Hashable, Sendable {
  /// In `\DosDevices`.
  case ownDirectory
  /// In `\??`, to which `\DosDevices` is a link.
  case questionMarks
  /// In `\GLOBAL??` and a directory for each session, which `\??` stands for.
  case global
}

/// The release that gave `SE_EXPORTS` its members.
public enum SecurityExports: Hashable, Sendable {
  case nt4, windows2000, windowsXP, vista, windows8
}
