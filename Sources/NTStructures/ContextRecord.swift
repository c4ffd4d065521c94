public import GuestABI

/// The registers of a thread in guest memory: `CONTEXT`.
///
/// The layouts are those of the public header winnt.h. The debug registers and, on x86, the state of
/// the x87 unit are not filled in: kernels save neither for kernel mode.
public enum ContextRecord {
  /// The bytes of a record.
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x2CC : 0x4D0
  }

  /// The parts that a record holds: `ContextFlags`.
  public struct Parts: OptionSet, GuestScalar, Sendable {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The instruction, stack and on x86 frame pointer, and the flags: `CONTEXT_CONTROL`.
    public static var control: Self { Self(rawValue: 0x1) }
    /// The other general registers: `CONTEXT_INTEGER`.
    public static var integer: Self { Self(rawValue: 0x2) }
    /// The segment registers: `CONTEXT_SEGMENTS`.
    public static var segments: Self { Self(rawValue: 0x4) }
    /// The XMM registers on x64: `CONTEXT_FLOATING_POINT`.
    public static var floatingPoint: Self { Self(rawValue: 0x8) }
  }

  /// The parts of a record that an exception comes with: `CONTEXT_FULL`.
  private static func full(on architecture: Architecture) -> UInt32 {
    architecture == .x86 ? 0x1_0007 : 0x10_000B
  }

  /// Where `EFlags` can be changed: the arithmetic flags, the trap, interrupt and direction flags.
  private static var changeableFlags: UInt64 { 0xFD5 }

  /// The offsets of the general registers, in the order of machine code.
  private static let general32 = [0xB0, 0xAC, 0xA8, 0xA4, 0xC4, 0xB4, 0xA0, 0x9C]
  private static let general64 = (0..<16).map { 0x78 + 8 * $0 }

  /// The offset and value of each segment selector: GS, FS, ES, DS, CS and SS.
  private static let segments32 = [
    (0x8C, 0), (0x90, 0x30), (0x94, 0x23), (0x98, 0x23), (0xBC, 0x08), (0xC8, 0x10),
  ]
  private static let segments64 = [
    (0x40, 0x2B), (0x3E, 0x53), (0x3C, 0x2B), (0x3A, 0x2B), (0x38, 0x10), (0x42, 0x18),
  ]

  /// Stores registers as a record with `CONTEXT_FULL`.
  ///
  /// - Throws: `GuestFault` if a byte cannot be written.
  public static func store(
    _ context: ProcessorContext,
    at record: VirtualAddress,
    in memory: AddressSpace
  ) throws(GuestFault) {
    let architecture = memory.architecture
    try memory.fill(at: record, count: size(on: architecture))
    switch architecture {
    case .x86:
      try memory.store(full(on: .x86), at: record)
      for (index, offset) in general32.enumerated() {
        let bits = UInt32(truncatingIfNeeded: context.general[index])
        try memory.store(bits, at: record + offset)
      }
      try memory.store(UInt32(truncatingIfNeeded: context.rip), at: record + 0xB8)
      try memory.store(UInt32(truncatingIfNeeded: context.rflags), at: record + 0xC0)
      for (offset, selector) in segments32 {
        try memory.store(UInt32(selector), at: record + offset)
      }
    case .x64:
      try memory.store(full(on: .x64), at: record + 0x30)
      try memory.store(context.mxcsr, at: record + 0x34)
      try memory.store(UInt32(truncatingIfNeeded: context.rflags), at: record + 0x44)
      for (offset, selector) in segments64 {
        try memory.store(UInt16(selector), at: record + offset)
      }
      for (index, offset) in general64.enumerated() {
        try memory.store(context.general[index], at: record + offset)
      }
      try memory.store(context.rip, at: record + 0xF8)
      // The save area of FXSAVE: the x87 control word after FNINIT, MXCSR with its mask, XMM.
      try memory.store(UInt16(0x27F), at: record + 0x100)
      try memory.store(context.mxcsr, at: record + 0x118)
      try memory.store(UInt32(0xFFFF), at: record + 0x11C)
      for index in 0..<16 {
        try memory.store(context.vectors[index].x, at: record + (0x1A0 + 16 * index))
        try memory.store(context.vectors[index].y, at: record + (0x1A8 + 16 * index))
      }
    }
  }

  /// Returns the registers that a record holds, and for its missing parts those given.
  ///
  /// - Throws: `GuestFault` if a byte cannot be read.
  public static func load(
    at record: VirtualAddress,
    in memory: AddressSpace,
    onto base: ProcessorContext
  ) throws(GuestFault) -> ProcessorContext {
    var context = base
    let is32 = memory.architecture == .x86
    let parts: Parts = try memory.load(at: record + (is32 ? 0 : 0x30))
    // RSP and, on x86, EBP belong to the control part.
    let control = is32 ? [4, 5] : [4]
    let offsets = is32 ? general32 : general64
    for (index, offset) in offsets.enumerated() {
      guard parts.contains(control.contains(index) ? .control : .integer) else { continue }
      context.general[index] = try memory.load(GuestWord.self, at: record + offset).rawValue
    }
    if parts.contains(.control) {
      context.rip = try memory.load(GuestWord.self, at: record + (is32 ? 0xB8 : 0xF8)).rawValue
      let flags = try UInt64(memory.load(UInt32.self, at: record + (is32 ? 0xC0 : 0x44)))
      context.rflags = base.rflags & ~changeableFlags | flags & changeableFlags
    }
    if !is32, parts.contains(.floatingPoint) {
      context.mxcsr = try memory.load(at: record + 0x34)
      for index in 0..<16 {
        context.vectors[index] = try SIMD2(
          memory.load(at: record + (0x1A0 + 16 * index)),
          memory.load(at: record + (0x1A8 + 16 * index))
        )
      }
    }
    return context
  }
}
