/// A C structure in guest memory, described by the offsets of its fields.
///
/// A conforming type is never instantiated to hold guest data. Its one value is
/// its layout: a list of ``Field`` constants, one line for each, as a debugger's
/// `dt` command prints them.
public protocol GuestStructure: Sendable {
  /// Creates the layout.
  init()

  /// Returns the number of bytes in the structure.
  static func size(on architecture: Architecture) -> Int
}

/// The place of one member within a ``GuestStructure``.
public struct Field<Value: GuestScalar>: Sendable {
  @usableFromInline let x86: UInt16
  @usableFromInline let x64: UInt16

  /// Creates a field from its offset on each architecture.
  @inlinable
  @inline(__always)
  public init(x86: UInt16, x64: UInt16) {
    self.x86 = x86
    self.x64 = x64
  }

  /// Returns the number of bytes before the field.
  @inlinable
  @inline(__always)
  public func offset(on architecture: Architecture) -> Int {
    Int(architecture == .x86 ? x86 : x64)
  }
}

/// A structure in memory, whose fields read as properties.
@dynamicMemberLookup
public struct GuestView<Structure: GuestStructure> {
  @usableFromInline let memory: AddressSpace
  @usableFromInline let base: VirtualAddress

  @inlinable
  @inline(__always)
  init(memory: AddressSpace, base: VirtualAddress) {
    self.memory = memory
    self.base = base
  }

  /// The value of a field.
  @inlinable
  public subscript<Value>(dynamicMember path: KeyPath<Structure, Field<Value>>) -> Value {
    @inline(__always)
    get throws(GuestFault) {
      try memory.load(at: address(of: path))
    }
  }

  /// Returns where a field is.
  @inlinable
  @inline(__always)
  public func address<Value>(of path: KeyPath<Structure, Field<Value>>) -> VirtualAddress {
    base + Structure()[keyPath: path].offset(on: memory.architecture)
  }

  /// Stores a value in a field.
  @inlinable
  @inline(__always)
  public func store<Value>(
    _ value: Value,
    in path: KeyPath<Structure, Field<Value>>
  ) throws(GuestFault) {
    try memory.store(value, at: address(of: path))
  }
}

/// A structure whose bytes have been probed for writing, so that no access to
/// its fields can fault.
@dynamicMemberLookup
public struct MutableGuestView<Structure: GuestStructure>: ~Copyable {
  @usableFromInline let host: UnsafeMutableRawPointer
  @usableFromInline let architecture: Architecture

  @inlinable
  @inline(__always)
  init(host: UnsafeMutableRawPointer, architecture: Architecture) {
    self.host = host
    self.architecture = architecture
  }

  /// The value of a field.
  @inlinable
  public subscript<Value>(dynamicMember path: KeyPath<Structure, Field<Value>>) -> Value {
    @inline(__always)
    get {
      let field = host + Structure()[keyPath: path].offset(on: architecture)
      switch Value.size(on: architecture) {
      case 1: return Value(guestBits: UInt64(field.load(as: UInt8.self)))
      case 2: return Value(guestBits: UInt64(field.loadUnaligned(as: UInt16.self)))
      case 4: return Value(guestBits: UInt64(field.loadUnaligned(as: UInt32.self)))
      default: return Value(guestBits: field.loadUnaligned(as: UInt64.self))
      }
    }
    @inline(__always)
    nonmutating set {
      let field = host + Structure()[keyPath: path].offset(on: architecture)
      let bits = newValue.guestBits
      switch Value.size(on: architecture) {
      case 1: field.storeBytes(of: UInt8(truncatingIfNeeded: bits), as: UInt8.self)
      case 2: field.storeBytes(of: UInt16(truncatingIfNeeded: bits), as: UInt16.self)
      case 4: field.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
      default: field.storeBytes(of: bits, as: UInt64.self)
      }
    }
  }
}

extension AddressSpace {
  /// The structure that a pointer refers to.
  @inlinable
  public subscript<Structure>(pointer: GuestPointer<Structure>) -> GuestView<Structure> {
    @inline(__always)
    get { GuestView(memory: self, base: pointer.address) }
  }

  /// Changes a structure in place, after checking that all of it can be written.
  ///
  /// - Parameters:
  ///   - pointer: The structure to change.
  ///   - body: A closure that assigns to the structure's fields.
  /// - Returns: What the closure returns.
  /// - Throws: A ``GuestFault`` if any byte cannot be written, in which case the
  ///   closure does not run.
  @inlinable
  @inline(__always)
  public func modify<Structure, Result>(
    _ pointer: GuestPointer<Structure>,
    _ body: (borrowing MutableGuestView<Structure>) throws -> Result
  ) throws -> Result {
    let size = Structure.size(on: architecture)
    if pointer.address.offsetInPage &+ size <= Self.pageSize {
      let host = try host(at: pointer.address, size, for: .write)
      return try body(MutableGuestView(host: host, architecture: architecture))
    }
    return try modifyAcrossPages(pointer.address, size) {
      try body(MutableGuestView(host: $0, architecture: architecture))
    }
  }

  @usableFromInline
  func modifyAcrossPages<Result>(
    _ address: VirtualAddress,
    _ size: Int,
    _ body: (UnsafeMutableRawPointer) throws -> Result
  ) throws -> Result {
    try probe(address, size)
    var copy = try bytes(at: address, count: size)
    let result = try copy.withUnsafeMutableBytes { buffer in
      // A structure has at least one byte, so its buffer has an address.
      try buffer.baseAddress.map(body)
    }
    guard let result else { throw GuestFault(at: address, access: .write) }
    try store(bytes: copy, at: address)
    return result
  }
}
