public import GuestABI

/// A counted string: `UNICODE_STRING` and `ANSI_STRING`, which have the same layout.
public struct CountedString: GuestStructure {
  /// The bytes in use, without a terminator.
  public let length = Field<UInt16>(x86: 0x00, x64: 0x00)
  /// The bytes that the buffer has room for.
  public let maximumLength = Field<UInt16>(x86: 0x02, x64: 0x02)
  public let buffer = Field<VirtualAddress>(x86: 0x04, x64: 0x08)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x8 : 0x10
  }
}

/// The attributes with which an object is opened or made: `OBJECT_ATTRIBUTES`.
public struct ObjectAttributes: GuestStructure {
  public let length = Field<UInt32>(x86: 0x00, x64: 0x00)
  public let rootDirectory = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  public let objectName = Field<GuestPointer<CountedString>>(x86: 0x08, x64: 0x10)
  public let attributes = Field<UInt32>(x86: 0x0C, x64: 0x18)
  public let securityDescriptor = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  public let securityQualityOfService = Field<VirtualAddress>(x86: 0x14, x64: 0x28)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x18 : 0x30
  }
}

/// A link of a doubly linked list: `LIST_ENTRY`.
public struct ListEntry: GuestStructure {
  public let flink = Field<GuestPointer<ListEntry>>(x86: 0x00, x64: 0x00)
  public let blink = Field<GuestPointer<ListEntry>>(x86: 0x04, x64: 0x08)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x8 : 0x10
  }
}

extension AddressSpace {
  /// Returns the bytes that a counted string holds.
  ///
  /// - Throws: A ``GuestFault`` if the structure or its buffer cannot be read.
  public func bytes(of string: GuestPointer<CountedString>) throws(GuestFault) -> [UInt8] {
    let view = self[string]
    return try bytes(at: view.buffer, count: Int(view.length))
  }

  /// Returns the text of a `UNICODE_STRING`.
  ///
  /// - Throws: A ``GuestFault`` if the structure or its buffer cannot be read.
  public func text(of string: GuestPointer<CountedString>) throws(GuestFault) -> String {
    let bytes = try bytes(of: string)
    let units = stride(from: 0, to: bytes.count & ~1, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// Sets a counted string to a buffer.
  ///
  /// - Throws: A ``GuestFault`` if the structure cannot be written.
  public func set(
    _ string: GuestPointer<CountedString>,
    buffer: VirtualAddress,
    length: Int,
    maximumLength: Int
  ) throws {
    try modify(string) { string in
      string.length = UInt16(truncatingIfNeeded: length)
      string.maximumLength = UInt16(truncatingIfNeeded: maximumLength)
      string.buffer = buffer
    }
  }
}
