public import GuestABI

/// What happened: `EXCEPTION_RECORD`.
///
/// The layout is that of the public header ntdef.h.
public struct ExceptionRecord: GuestStructure {
  public let code = Field<NTStatus>(x86: 0x00, x64: 0x00)
  public let flags = Field<Flags>(x86: 0x04, x64: 0x04)
  /// The record of the exception that this one is a consequence of.
  public let record = Field<GuestPointer<ExceptionRecord>>(x86: 0x08, x64: 0x08)
  public let exceptionAddress = Field<VirtualAddress>(x86: 0x0C, x64: 0x10)
  /// How many words of ``information`` count.
  public let parameterCount = Field<UInt32>(x86: 0x10, x64: 0x18)
  /// The first of 15 words.
  public let information = Field<GuestWord>(x86: 0x14, x64: 0x20)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x50 : 0x98
  }

  /// The most words of information: `EXCEPTION_MAXIMUM_PARAMETERS`.
  public static var maximumParameterCount: Int { 15 }

  /// What a handler may do, and what is going on: `EXCEPTION_…`.
  public struct Flags: OptionSet, GuestScalar, Sendable {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The thread cannot go on where it was: `EXCEPTION_NONCONTINUABLE`.
    public static var noncontinuable: Self { Self(rawValue: 0x01) }
    /// Handlers are told that their frames go away: `EXCEPTION_UNWINDING`.
    public static var unwinding: Self { Self(rawValue: 0x02) }
    /// All frames go away: `EXCEPTION_EXIT_UNWIND`.
    public static var exitUnwind: Self { Self(rawValue: 0x04) }
    /// A frame is not on the stack, or not aligned: `EXCEPTION_STACK_INVALID`.
    public static var stackInvalid: Self { Self(rawValue: 0x08) }
    /// The exception was raised while a handler ran: `EXCEPTION_NESTED_CALL`.
    public static var nestedCall: Self { Self(rawValue: 0x10) }
    /// The frame is the one that the unwind leads to: `EXCEPTION_TARGET_UNWIND`.
    public static var targetUnwind: Self { Self(rawValue: 0x20) }
    /// The unwind meets an earlier one: `EXCEPTION_COLLIDED_UNWIND`.
    public static var collidedUnwind: Self { Self(rawValue: 0x40) }

    /// The flags that tell a handler of an unwind: `EXCEPTION_UNWIND`.
    public static var anyUnwind: Self { Self(rawValue: 0x66) }
  }
}

/// The two things that a filter gets: `EXCEPTION_POINTERS`.
public struct ExceptionPointers: GuestStructure {
  public let record = Field<GuestPointer<ExceptionRecord>>(x86: 0x00, x64: 0x00)
  public let context = Field<VirtualAddress>(x86: 0x04, x64: 0x08)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x08 : 0x10
  }
}

/// What the search for a handler tells the handler, and is told by it, on x64: `DISPATCHER_CONTEXT`.
public struct DispatcherContext: GuestStructure {
  public let controlPC = Field<VirtualAddress>(x86: 0x00, x64: 0x00)
  public let imageBase = Field<VirtualAddress>(x86: 0x00, x64: 0x08)
  public let functionEntry = Field<VirtualAddress>(x86: 0x00, x64: 0x10)
  public let establisherFrame = Field<VirtualAddress>(x86: 0x00, x64: 0x18)
  public let targetIP = Field<VirtualAddress>(x86: 0x00, x64: 0x20)
  public let contextRecord = Field<VirtualAddress>(x86: 0x00, x64: 0x28)
  public let languageHandler = Field<VirtualAddress>(x86: 0x00, x64: 0x30)
  public let handlerData = Field<VirtualAddress>(x86: 0x00, x64: 0x38)
  public let historyTable = Field<VirtualAddress>(x86: 0x00, x64: 0x40)
  /// The first scope that `__C_specific_handler` is to look at.
  public let scopeIndex = Field<UInt32>(x86: 0x00, x64: 0x48)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int { 0x50 }
}

/// A handler on the list at `fs:[0]` on x86, as Microsoft's compilers lay it out.
///
/// The first two fields are `EXCEPTION_REGISTRATION_RECORD`; the others are those of
/// `_except_handler3` (Matt Pietrek, Microsoft Systems Journal, January 1997).
public struct ExceptionRegistration: GuestStructure {
  public let next = Field<VirtualAddress>(x86: 0x00, x64: 0x00)
  public let handler = Field<VirtualAddress>(x86: 0x04, x64: 0x00)
  /// The scopes of the function, 12 bytes each.
  public let scopeTable = Field<VirtualAddress>(x86: 0x08, x64: 0x00)
  /// The innermost scope that the function is in, or -1.
  public let tryLevel = Field<Int32>(x86: 0x0C, x64: 0x00)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int { 0x10 }

  /// What ends the list.
  public static var end: VirtualAddress { VirtualAddress(rawValue: 0xFFFF_FFFF) }
}
