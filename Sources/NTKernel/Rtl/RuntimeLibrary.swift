public import GuestABI

/// The run-time library: the routines whose names begin with `Rtl`, the C library, and the debug
/// output that is made of both.
///
/// A routine behaves as the Windows Driver Kit documents it. Where the documents are silent, tests
/// that ran on Windows decide (Wine's `ntdll` tests and ReactOS's kernel-mode tests, whose results
/// are cited). Where neither says what happens, the routine throws ``Unmodelled``.
public final class RuntimeLibrary {
  /// The memory that the routines work on.
  public let memory: AddressSpace

  let pool: any PoolAllocator
  let understandsLongLong: Bool?
  let print: (String) -> Void
  let generator = CRandomGenerator()

  /// Creates a library.
  ///
  /// - Parameters:
  ///   - memory: The memory that the routines work on.
  ///   - pool: Where the routines that return memory get it.
  ///   - understandsLongLong: Whether `ll` in a format means 64 bits, or nil if that is not known.
  ///     Such a format is then unmodelled, unless it says the same under both readings.
  ///   - debugOutput: What to do with the text that a driver prints. No filter has been applied.
  public init(
    memory: AddressSpace,
    pool: any PoolAllocator,
    understandsLongLong: Bool? = nil,
    debugOutput: @escaping (String) -> Void
  ) {
    self.memory = memory
    self.pool = pool
    self.understandsLongLong = understandsLongLong
    print = debugOutput
  }

  /// The routines that drivers import.
  ///
  /// Which of them a release exports is the loader's business; routines that only one architecture
  /// has are left out on the other.
  public var exports: [Export] {
    [
      stringInitializationExports, stringCopyExports, stringComparisonExports, stringCaseExports,
      stringConversionExports, integerTextExports, guidExports,
      memoryExports, narrowStringExports, wideStringExports, secureStringExports,
      characterExports, numberTextExports, printfExports,
      bitmapExports, bitmapSearchExports, timeExports,
      sidExports, aclExports, securityDescriptorExports,
      interlockedListExports, debugExports,
      randomExports, sortingExports, splayLinkExports, genericTableExports,
      utf8Exports, securePrintfExports, multiByteExports, secureNumberExports,
      accessEntryExports, absoluteDescriptorExports,
      runOnceExports, imageExports, moreStringExports, checksumExports,
      compressionExports, ipv4Exports, statusErrorExports, bitmapRangeExports,
      memory.architecture == .x86 ? x86Exports : x64Exports,
    ].flatMap { $0 }
  }

  private var x86Exports: [Export] {
    longArithmeticExports + largeIntegerExports + interlockedExports + x86ListExports
      + x86SListExports
  }

  private var x64Exports: [Export] { x64SListExports }

  /// The tag of the strings that the library allocates: `Strg`.
  static var stringTag: UInt32 { 0x6772_7453 }

  /// Allocates the buffer of a string.
  func allocateString(_ byteCount: Int) throws -> VirtualAddress? {
    try pool.allocatePool(byteCount, .paged, tag: Self.stringTag)
  }
}
