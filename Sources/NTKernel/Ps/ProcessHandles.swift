internal import GuestABI
internal import NTStructures

/// Opening processes and threads by their numbers, and asking what they are: `ZwOpenProcess` and its
/// like.
final class ProcessHandles {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private let objects: ObjectManager
  private let processes: ProcessStructure

  /// Creates the routines of a kernel.
  init(_ processes: ProcessStructure, dispatcher: Dispatcher, objects: ObjectManager) {
    memory = dispatcher.memory
    self.processes = processes
    self.dispatcher = dispatcher
    self.objects = objects
  }

  /// The routines that drivers import.
  var exports: [Export] {
    ["Zw", "Nt"].map { prefix in
      export("\(prefix)OpenProcess") {
        [self]
        (
          handle: VirtualAddress,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          clientID: VirtualAddress
        ) in
        try openProcess(handle, access, attributes, clientID)
      }
    } + [
      export("ZwOpenThread") {
        [self]
        (
          handle: VirtualAddress,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          clientID: VirtualAddress
        ) in
        try openThread(handle, access, attributes, clientID)
      }
    ]
      + ["Zw", "Nt"].map { prefix in
        export("\(prefix)QueryInformationProcess") {
          [self]
          (
            handle: VirtualAddress,
            kind: UInt32,
            buffer: VirtualAddress,
            length: UInt32,
            neededLength: VirtualAddress
          ) in
          try query(handle, kind, buffer, length, neededLength)
        }
      }
  }

  /// A `CLIENT_ID`: a process and a thread.
  private func numbers(_ clientID: VirtualAddress) throws -> (process: UInt64, thread: UInt64) {
    try (
      memory.load(GuestWord.self, at: clientID).rawValue,
      memory.load(GuestWord.self, at: clientID + memory.architecture.pointerSize).rawValue
    )
  }

  /// Opens a process by its number, or by that of one of its threads.
  ///
  /// The corresponding kernel routine is `ZwOpenProcess`: of a name and a `CLIENT_ID` one must be given,
  /// and from Windows Vista on the latter (Microsoft Docs, nf-ntddk-ntopenprocess).
  private func openProcess(
    _ handle: VirtualAddress,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ clientID: VirtualAddress
  ) throws -> NTStatus {
    let isNamed = try !memory[attributes].objectName.isNull
    guard isNamed == (clientID == .null) else { return .invalidParameterMix }
    guard !isNamed else { throw Unmodelled("ZwOpenProcess by name") }
    let (number, threadNumber) = try numbers(clientID)
    var body: VirtualAddress?
    if threadNumber != 0 {
      let thread = dispatcher.threads.first { UInt64($0.id) == threadNumber }
      let owner = thread.flatMap { processes.process(of: $0) }
      if let owner, number == 0 || owner.id == number { body = owner.body }
    } else {
      body = processes.processes.first { $0.id == number && !$0.hasExited }?.body
    }
    guard let body else { return .invalidCID }
    return try open(body, access, attributes, handle, "ZwOpenProcess")
  }

  /// Opens a thread by its number.
  ///
  /// The corresponding kernel routine is `ZwOpenThread`.
  private func openThread(
    _ handle: VirtualAddress,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ clientID: VirtualAddress
  ) throws -> NTStatus {
    guard try memory[attributes].objectName.isNull, clientID != .null else {
      return .invalidParameterMix
    }
    let (number, threadNumber) = try numbers(clientID)
    guard let thread = dispatcher.threads.first(where: { UInt64($0.id) == threadNumber }),
      number == 0 || processes.process(of: thread)?.id == number
    else { return .invalidCID }
    return try open(thread.body, access, attributes, handle, "ZwOpenThread")
  }

  private func open(
    _ body: VirtualAddress,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ handle: VirtualAddress,
    _ routine: String
  ) throws -> NTStatus {
    let flags = ObjectAttributeFlags(rawValue: try memory[attributes].attributes)
    guard flags.isSubset(of: objects.behaviour.validAttributes) else { return .invalidParameter }
    let object = try objects.knownObject(body, routine)
    // Kernel mode gets what it asks for: all, where it asks for the most.
    let granted =
      access.isDisjoint(with: [.generic, .maximumAllowed])
      ? access : AccessMask(rawValue: 0x1F_FFFF)
    try memory.store(
      objects.makeHandle(for: object, access: granted, attributes: flags),
      at: handle
    )
    return .success
  }

  /// Stores what a process is.
  ///
  /// The corresponding kernel routine is `ZwQueryInformationProcess`, of whose classes those are modelled
  /// that say nothing of a program's own memory.
  private func query(
    _ handle: VirtualAddress,
    _ kind: UInt32,
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ neededLength: VirtualAddress
  ) throws -> NTStatus {
    guard let object = objects.object(for: handle) else { return .invalidHandle }
    guard object.kind == .process, let process = processes.process(withBody: object.body) else {
      return .objectTypeMismatch
    }
    guard let bytes = try information(kind, of: process, at: buffer) else {
      throw Unmodelled("ZwQueryInformationProcess of class \(kind)")
    }
    // A name may need any length; the others have theirs.
    let fits = kind == 27 ? Int(length) >= bytes.count : Int(length) == bytes.count
    if neededLength != .null, fits || kind == 27 {
      try memory.store(UInt32(bytes.count), at: neededLength)
    }
    guard fits else { return .infoLengthMismatch }
    try memory.store(bytes: bytes, at: buffer)
    return .success
  }

  private func information(
    _ kind: UInt32,
    of process: Process,
    at buffer: VirtualAddress
  ) throws -> [UInt8]? {
    let width = memory.architecture.pointerSize
    func words(_ values: [UInt64]) -> [UInt8] {
      values.flatMap { value in
        (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
      }
    }
    func number(_ value: UInt32) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.append(littleEndian: value)
      return bytes
    }
    let isSystem = process === processes.system
    switch kind {
    case 0:
      // PROCESS_BASIC_INFORMATION: the exit status, the PEB, the affinity, the priority, two numbers.
      guard isSystem else { return nil }
      let status: UInt64 = process.hasExited ? 0 : 0x103
      return words([status, 0, 1, 8, process.id, 0])
    // ProcessDebugPort, and ProcessWow64Information: none.
    case 7, 26: return words([0])
    // ProcessSessionInformation, ProcessBreakOnTermination.
    case 24: return number(0)
    case 29: return number(isSystem ? 1 : 0)
    case 27:
      // ProcessImageFileName: a string and its text.
      guard !isSystem else { return words([0, 0]) }
      let text = process.devicePath.littleEndianUTF16
      let head = CountedString.size(on: memory.architecture)
      var bytes: [UInt8] = []
      bytes.append(littleEndian: UInt16(text.count))
      bytes.append(littleEndian: UInt16(text.count + 2))
      bytes += Array(repeating: 0, count: width - 4)
      return bytes + words([(buffer + head).rawValue]) + text + [0, 0]
    default: return nil
    }
  }
}

extension NTStatus {
  /// `STATUS_INVALID_CID`.
  static var invalidCID: Self { Self(0xC000_000B) }
  /// `STATUS_INVALID_PARAMETER_MIX`.
  static var invalidParameterMix: Self { Self(0xC000_0030) }
}
