public import GuestABI

/// What a mini-filter registers: `FLT_REGISTRATION`.
///
/// Later versions add fields at the end.
public struct FltRegistration: GuestStructure {
  public let size = Field<UInt16>(x86: 0x00, x64: 0x00)
  public let version = Field<UInt16>(x86: 0x02, x64: 0x02)
  public let flags = Field<UInt32>(x86: 0x04, x64: 0x04)
  /// The first `FLT_CONTEXT_REGISTRATION`, or NULL.
  public let contexts = Field<VirtualAddress>(x86: 0x08, x64: 0x08)
  /// The first `FLT_OPERATION_REGISTRATION`, or NULL.
  public let operations = Field<VirtualAddress>(x86: 0x0C, x64: 0x10)
  public let unload = Field<VirtualAddress>(x86: 0x10, x64: 0x18)
  public let instanceSetup = Field<VirtualAddress>(x86: 0x14, x64: 0x20)
  public let instanceQueryTeardown = Field<VirtualAddress>(x86: 0x18, x64: 0x28)
  public let instanceTeardownStart = Field<VirtualAddress>(x86: 0x1C, x64: 0x30)
  public let instanceTeardownComplete = Field<VirtualAddress>(x86: 0x20, x64: 0x38)
  public let generateFileName = Field<VirtualAddress>(x86: 0x24, x64: 0x40)
  public let normalizeNameComponent = Field<VirtualAddress>(x86: 0x28, x64: 0x48)

  @inlinable
  @inline(__always)
  public init() {}

  /// The bytes of version 2.00.
  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x30 : 0x58
  }
}

/// A kind of context that a mini-filter uses: `FLT_CONTEXT_REGISTRATION`.
public struct FltContextRegistration: GuestStructure {
  public let type = Field<UInt16>(x86: 0x00, x64: 0x00)
  public let flags = Field<UInt16>(x86: 0x02, x64: 0x02)
  public let cleanup = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  public let byteCount = Field<GuestWord>(x86: 0x08, x64: 0x10)
  public let tag = Field<UInt32>(x86: 0x0C, x64: 0x18)
  public let allocate = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  public let free = Field<VirtualAddress>(x86: 0x14, x64: 0x28)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x1C : 0x38
  }
}

/// An operation that a mini-filter filters: `FLT_OPERATION_REGISTRATION`.
public struct FltOperationRegistration: GuestStructure {
  public let majorFunction = Field<UInt8>(x86: 0x00, x64: 0x00)
  public let flags = Field<UInt32>(x86: 0x04, x64: 0x04)
  public let preOperation = Field<VirtualAddress>(x86: 0x08, x64: 0x08)
  public let postOperation = Field<VirtualAddress>(x86: 0x0C, x64: 0x10)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x14 : 0x20
  }
}

/// What an operation belongs to: `FLT_RELATED_OBJECTS`.
public struct FltRelatedObjects: GuestStructure {
  public let size = Field<UInt16>(x86: 0x00, x64: 0x00)
  public let filter = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  public let volume = Field<VirtualAddress>(x86: 0x08, x64: 0x10)
  public let instance = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  public let fileObject = Field<GuestPointer<FileObject>>(x86: 0x10, x64: 0x20)
  public let transaction = Field<VirtualAddress>(x86: 0x14, x64: 0x28)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x18 : 0x30
  }
}

/// The name of a file and its parts: `FLT_FILE_NAME_INFORMATION`.
public struct FltFileNameInformation: GuestStructure {
  public let size = Field<UInt16>(x86: 0x00, x64: 0x00)
  public let parsed = Field<UInt16>(x86: 0x02, x64: 0x02)
  public let format = Field<UInt32>(x86: 0x04, x64: 0x04)
  /// The starts of `UNICODE_STRING`s.
  public let name = Field<UInt16>(x86: 0x08, x64: 0x08)
  public let volume = Field<UInt16>(x86: 0x10, x64: 0x18)
  public let share = Field<UInt16>(x86: 0x18, x64: 0x28)
  public let fileExtension = Field<UInt16>(x86: 0x20, x64: 0x38)
  public let stream = Field<UInt16>(x86: 0x28, x64: 0x48)
  public let finalComponent = Field<UInt16>(x86: 0x30, x64: 0x58)
  public let parentDirectory = Field<UInt16>(x86: 0x38, x64: 0x68)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x40 : 0x78
  }
}

/// What a call-back of a mini-filter is given: `FLT_CALLBACK_DATA`.
public struct FltCallbackData: GuestStructure {
  public let flags = Field<UInt32>(x86: 0x00, x64: 0x00)
  public let thread = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  public let parameters = Field<GuestPointer<FltIOParameterBlock>>(x86: 0x08, x64: 0x10)
  public let status = Field<NTStatus>(x86: 0x0C, x64: 0x18)
  public let information = Field<GuestWord>(x86: 0x10, x64: 0x20)
  public let requestorMode = Field<UInt8>(x86: 0x28, x64: 0x50)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x2C : 0x58
  }
}

/// The parameters of an operation, which a mini-filter may change: `FLT_IO_PARAMETER_BLOCK`.
public struct FltIOParameterBlock: GuestStructure {
  public let irpFlags = Field<UInt32>(x86: 0x00, x64: 0x00)
  public let majorFunction = Field<UInt8>(x86: 0x04, x64: 0x04)
  public let minorFunction = Field<UInt8>(x86: 0x05, x64: 0x05)
  public let operationFlags = Field<UInt8>(x86: 0x06, x64: 0x06)
  public let targetFile = Field<GuestPointer<FileObject>>(x86: 0x08, x64: 0x08)
  public let targetInstance = Field<VirtualAddress>(x86: 0x0C, x64: 0x10)
  /// Of a create: where the security context is.
  public let createSecurity = Field<VirtualAddress>(x86: 0x10, x64: 0x18)
  /// Of a create: the disposition in the upper 8 bits, the options in the others.
  public let createOptions = Field<UInt32>(x86: 0x14, x64: 0x20)
  /// Of a create: the file's attributes, and how it is shared.
  public let createAttributes = Field<UInt16>(x86: 0x18, x64: 0x28)
  public let createShareAccess = Field<UInt16>(x86: 0x1A, x64: 0x2A)
  /// Of a read or write: the bytes, where in the file they are, and where in memory.
  public let transferLength = Field<UInt32>(x86: 0x10, x64: 0x18)
  public let transferOffset = Field<Int64>(x86: 0x18, x64: 0x28)
  public let transferBuffer = Field<VirtualAddress>(x86: 0x20, x64: 0x30)
  public let transferMDL = Field<GuestPointer<MDL>>(x86: 0x24, x64: 0x38)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x2C : 0x48
  }
}
