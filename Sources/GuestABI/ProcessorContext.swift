/// The registers that a thread goes on with: what NT's `CONTEXT` holds of them.
public struct ProcessorContext: Hashable, Sendable {
  /// The general registers as machine code numbers them: 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP,
  /// 6 RSI, 7 RDI, then 8 to 15, which x86 does not have.
  public var general: [UInt64]

  /// The XMM registers, of which x86 has the first eight: each as its low and its high half.
  public var vectors: [SIMD2<UInt64>]

  /// The address of the next instruction.
  public var rip: UInt64 = 0

  /// The flags.
  public var rflags: UInt64 = 2

  /// What SSE instructions raise, and how they round.
  public var mxcsr: UInt32 = 0x1F80

  /// Creates a context of zeros.
  public init() {
    general = Array(repeating: 0, count: 16)
    vectors = Array(repeating: .zero, count: 16)
  }

  /// The stack pointer.
  public var rsp: UInt64 {
    get { general[4] }
    set { general[4] = newValue }
  }

  /// The register that holds results.
  public var rax: UInt64 {
    get { general[0] }
    set { general[0] = newValue }
  }

  /// The frame pointer.
  public var rbp: UInt64 {
    get { general[5] }
    set { general[5] = newValue }
  }
}
