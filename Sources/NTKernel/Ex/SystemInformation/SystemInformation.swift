public import GuestABI
internal import NTReleases
internal import NTStructures

/// What the system tells of itself: `ZwQuerySystemInformation`.
///
/// Sources: Geoff Chappell's pages on `ZwQuerySystemInformation`, its classes and their structures.
public final class SystemInformation {
  let manager: MemoryManager
  let memory: AddressSpace
  let dispatcher: Dispatcher
  let modules: LoadedModules
  var behaviour: Behaviour { manager.behaviour }

  init(
    manager: MemoryManager,
    dispatcher: Dispatcher,
    modules: LoadedModules
  ) {
    self.manager = manager
    memory = manager.memory
    self.dispatcher = dispatcher
    self.modules = modules
  }

  /// The routines that drivers import.
  public var exports: [Export] {
    ["ZwQuerySystemInformation", "NtQuerySystemInformation"].map { name in
      export(name) {
        [self]
        (
          number: UInt32,
          buffer: VirtualAddress,
          length: UInt32,
          returnLength: GuestPointer<UInt32>
        ) in
        try query(number, buffer, length, returnLength, name)
      }
    } + [
      export("ZwSetSystemInformation") {
        (number: UInt32, buffer: VirtualAddress, length: UInt32) -> NTStatus in
        throw Unmodelled("ZwSetSystemInformation of class \(hex(number))")
      }
    ]
  }

  /// Answers a query.
  ///
  /// - Throws: ``Unmodelled`` for a class that is not modelled, by its number.
  private func query(
    _ number: UInt32,
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ returnLength: GuestPointer<UInt32>,
    _ routine: String
  ) throws -> NTStatus {
    guard let kind = Self.classes[number] else {
      throw Unmodelled("\(routine) of class \(hex(number))")
    }
    guard kind.isValid(behaviour) else { return .invalidInfoClass }
    switch kind.answer {
    case .status(let status): return status
    case .bytes(let fit, let bytes):
      return try answer(fixed: bytes(self), fit, buffer, length, returnLength)
    case .custom(let body): return try body(self, buffer, length, returnLength)
    }
  }

  /// Stores a structure of fixed size, if the buffer fits it.
  func answer(
    fixed bytes: [UInt8],
    _ fit: InformationClass.Fit,
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ returnLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let size = UInt32(bytes.count)
    let fits =
      switch fit {
      case .exactly: length == size
      case .atLeast: length >= size
      case .atMost: length <= size
      }
    guard fits else {
      if behaviour.tellsLengthOfFixedInformation, !returnLength.isNull {
        try memory.store(size, at: returnLength.address)
      }
      return .infoLengthMismatch
    }
    try memory.store(bytes: bytes.prefix(Int(length)), at: buffer)
    if !returnLength.isNull { try memory.store(min(size, length), at: returnLength.address) }
    return .success
  }

  /// Stores what varies in size, as far as there is room for it.
  func answer(
    variable bytes: [UInt8],
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ returnLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let isWhole = bytes.count <= Int(length)
    if isWhole { try memory.store(bytes: bytes, at: buffer) }
    if !returnLength.isNull {
      try memory.store(UInt32(clamping: bytes.count), at: returnLength.address)
    }
    return isWhole ? .success : .infoLengthMismatch
  }
}

/// Returns a number as C writes it in hexadecimal.
private func hex(_ number: UInt32) -> String { "0x" + String(number, radix: 16, uppercase: true) }

/// A class of information that the system gives.
struct InformationClass: Sendable {
  /// How a buffer must fit a structure.
  enum Fit { case exactly, atLeast, atMost }

  /// What comes of a query.
  enum Answer: Sendable {
    case status(NTStatus)
    case bytes(Fit, @Sendable (SystemInformation) throws -> [UInt8])
    case custom(
      @Sendable (SystemInformation, VirtualAddress, UInt32, GuestPointer<UInt32>) throws -> NTStatus
    )
  }

  let answer: Answer
  /// Whether a release knows the class; others say `STATUS_INVALID_INFO_CLASS`.
  let isValid: @Sendable (Behaviour) -> Bool

  init(_ answer: Answer, isValid: @escaping @Sendable (Behaviour) -> Bool = { _ in true }) {
    self.answer = answer
    self.isValid = isValid
  }
}
