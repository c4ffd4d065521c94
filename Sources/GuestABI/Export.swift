/// A routine that a driver can import, written in Swift.
public struct Export {
  /// Code that reads a call's arguments, does its work, and leaves its result in the registers.
  public typealias Body = (inout CallFrame) throws -> Void

  /// The name in the export table.
  public let name: String

  /// How callers pass arguments.
  public let convention: CallingConvention

  /// The bytes that the parameters take on x86, in registers or on the stack.
  public let parameterSize: Int

  /// The bytes that the routine removes from an x86 stack when it returns.
  public let stackSize: Int

  @usableFromInline let body: Body

  @inlinable
  init(
    name: String,
    convention: CallingConvention,
    parameterSize: Int,
    stackSize: Int,
    body: @escaping Body
  ) {
    self.name = name
    self.convention = convention
    self.parameterSize = parameterSize
    self.stackSize = stackSize
    self.body = body
  }

  /// The name as an x86 compiler decorates it, which tells the size of the parameters.
  public var decoratedName: String {
    switch convention {
    case .nt: "_\(name)@\(parameterSize)"
    case .fastcall: "@\(name)@\(parameterSize)"
    case .cdecl: "_\(name)"
    }
  }
}

/// The routines that a driver can import, each called through its index.
public struct ExportTable: ~Copyable {
  @usableFromInline
  struct Entry {
    @usableFromInline let body: Export.Body
    @usableFromInline let stackSize: Int
  }

  /// The declarations, in the order of their indices.
  public let exports: [Export]
  private let indices: [String: Int]
  @usableFromInline let entries: UnsafeMutableBufferPointer<Entry>

  /// Creates a table of the given routines.
  ///
  /// The last declaration of a name counts.
  public init(_ exports: [Export]) {
    self.exports = exports
    indices = Dictionary(
      exports.indices.map { (exports[$0].name, $0) },
      uniquingKeysWith: { $1 }
    )
    entries = .allocate(capacity: exports.count)
    _ = entries.initialize(
      from: exports.map { Entry(body: $0.body, stackSize: $0.stackSize) }
    )
  }

  deinit {
    entries.deinitialize()
    entries.deallocate()
  }

  /// Returns the index of a routine, or nil if it is not in the table.
  public func index(of name: String) -> Int? { indices[name] }

  /// Runs a routine for a guest that has just called it, and returns to the caller.
  ///
  /// When the frame then has a ``CallFrame/completion``, its registers are those with which the
  /// caller goes on once that is done.
  ///
  /// - Parameters:
  ///   - index: The routine.
  ///   - frame: The call.
  ///   - returnAddress: Where the routine returns to: the word on top of the stack.
  /// - Throws: What the routine throws.
  @inlinable
  @inline(__always)
  public func call(
    _ index: Int,
    _ frame: inout CallFrame,
    returningTo returnAddress: VirtualAddress
  ) throws {
    let stack = VirtualAddress(rawValue: frame.registers.rsp)
    let architecture = frame.memory.architecture
    try entries[index].body(&frame)
    let removed = architecture == .x86 ? entries[index].stackSize : 0
    frame.registers.rip = returnAddress.rawValue
    frame.registers.rsp = (stack + (architecture.pointerSize + removed)).rawValue
  }
}

/// A value that a routine can return.
public protocol GuestResult {
  /// Puts the value where callers look for it.
  func write(to frame: inout CallFrame)
}

extension GuestResult where Self: GuestScalar {
  @inlinable
  @inline(__always)
  public func write(to frame: inout CallFrame) {
    frame.setResult(guestBits)
  }
}

extension UInt8: GuestResult {}
extension UInt16: GuestResult {}
extension Int64: GuestResult {}
extension UInt32: GuestResult {}
extension Int32: GuestResult {}
extension UInt64: GuestResult {}
extension VirtualAddress: GuestResult {}
extension GuestPointer: GuestResult {}

/// Declares a routine that returns a value.
///
/// The closure's own parameter types say how each argument is passed:
///
///     export("MmGetMdlByteOffset") { (mdl: GuestPointer<MDL>) in
///       try memory[mdl].byteOffset
///     }
///
/// - Parameters:
///   - name: The name in the export table.
///   - convention: How callers pass arguments.
///   - body: What the routine does.
/// - Returns: The declaration, to put in an export table.
@inlinable
@inline(__always)
public func export<each Argument: GuestArgument, Result: GuestResult>(
  _ name: String,
  _ convention: CallingConvention = .nt,
  to body: @escaping (repeat each Argument) throws -> Result
) -> Export {
  Export(
    name: name,
    convention: convention,
    parameterSize: stackSize((repeat (each Argument).self), .nt),
    stackSize: stackSize((repeat (each Argument).self), convention)
  ) { frame in
    let result = try body(repeat (each Argument).next(in: &frame, convention))
    result.write(to: &frame)
  }
}

/// Declares a routine that returns nothing.
@inlinable
@inline(__always)
public func export<each Argument: GuestArgument>(
  _ name: String,
  _ convention: CallingConvention = .nt,
  to body: @escaping (repeat each Argument) throws -> Void
) -> Export {
  Export(
    name: name,
    convention: convention,
    parameterSize: stackSize((repeat (each Argument).self), .nt),
    stackSize: stackSize((repeat (each Argument).self), convention)
  ) { frame in
    try body(repeat (each Argument).next(in: &frame, convention))
  }
}

/// Declares a routine that reads its own arguments.
@inlinable
public func export(
  raw name: String,
  _ convention: CallingConvention = .nt,
  stackSize: Int,
  to body: @escaping Export.Body
) -> Export {
  Export(
    name: name,
    convention: convention,
    parameterSize: stackSize,
    stackSize: stackSize,
    body: body
  )
}

/// Returns the bytes that a routine with the given parameters removes from an x86 stack.
@inlinable
func stackSize<each Argument: GuestArgument>(
  _ types: (repeat (each Argument).Type),
  _ convention: CallingConvention
) -> Int {
  if convention == .cdecl { return 0 }
  var registersLeft = convention == .fastcall ? 2 : 0
  var total = 0
  for type in repeat each types {
    if registersLeft > 0, type.stackSize <= 4 {
      registersLeft -= 1
    } else {
      total += type.stackSize
    }
  }
  return total
}
