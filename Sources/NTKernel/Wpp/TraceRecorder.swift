internal import GuestABI
internal import NTStructures

/// The recorder of trace messages, `wpprecorder.sys`: logs in nonpaged memory, which a debugger shows.
///
/// "Inflight Trace Recorder (IFR) for logging traces" in Microsoft Docs, and the public headers
/// `wpprecorder.h` and `km-wppdefs.h`, say what the routines do. How a log holds its messages is nobody's
/// business: what drivers record is read, and then forgotten.
final class TraceRecorder {
  private let manager: MemoryManager
  private let registry: Registry
  private var memory: AddressSpace { manager.memory }

  /// The logs, by their handles: the control block that each was made for.
  private var logs: [VirtualAddress: VirtualAddress] = [:]

  /// Creates a recorder without logs.
  init(_ manager: MemoryManager, _ registry: Registry) {
    self.manager = manager
    self.registry = registry
  }

  /// The routines that drivers import.
  var exports: [Export] { messageExports + logExports }

  private var messageExports: [Export] {
    [
      export("WppAutoLogStart") {
        [self]
        (
          control: GuestPointer<TraceControlBlock>,
          driver: GuestPointer<DriverObject>,
          path: GuestPointer<CountedString>
        ) in
        try start(control, path)
      },
      export("WppAutoLogStop") {
        [self] (control: GuestPointer<TraceControlBlock>, driver: GuestPointer<DriverObject>) in
        try stop(control)
      },
      export("WppAutoLogTrace", .cdecl) {
        [self]
        (
          log: VirtualAddress,
          level: UInt8,
          flags: UInt32,
          guid: VirtualAddress,
          number: UInt16,
          arguments: VariadicArguments
        ) in
        try record(arguments, from: guid, in: log)
      },
      export("imp_WppRecorderReplay") {
        (control: VirtualAddress, session: UInt64, flags: UInt32, level: UInt8) in
        // Nobody in this machine listens to traces: what is replayed reaches no session.
      },
    ]
  }

  private var logExports: [Export] {
    [
      export("imp_WppRecorderIsDefaultLogAvailable") {
        [self] (control: GuestPointer<TraceControlBlock>) in
        try memory[control].defaultLog != .null
      },
      export("imp_WppRecorderLogGetDefault") {
        [self] (control: GuestPointer<TraceControlBlock>) in
        try memory[control].defaultLog
      },
      export("imp_WppRecorderLogCreate") {
        [self]
        (
          control: GuestPointer<TraceControlBlock>,
          parameters: GuestPointer<TraceLogParameters>,
          result: GuestPointer<VirtualAddress>
        ) in
        let size = try memory[parameters].totalBufferSize
        guard let log = try makeLog(Int(size), for: control.address) else {
          return NTStatus.insufficientResources
        }
        try memory.store(log, at: result.address)
        return .success
      },
      export("imp_WppRecorderLogDelete") {
        [self] (control: GuestPointer<TraceControlBlock>, log: VirtualAddress) in
        guard logs.removeValue(forKey: log) != nil else {
          throw Unmodelled("imp_WppRecorderLogDelete: an address that is no log")
        }
        try manager.freePool(log)
      },
    ]
  }

  /// Makes a driver's default log, as its service's parameters ask for.
  ///
  /// The corresponding routine is `WppAutoLogStart`.
  private func start(
    _ control: GuestPointer<TraceControlBlock>,
    _ path: GuestPointer<CountedString>
  ) throws {
    let parameters = try parameters(of: path)
    let pages = try number("LogPages", parameters) ?? 1
    guard (1...16).contains(pages) else {
      throw Unmodelled("WppAutoLogStart with LogPages \(pages)")
    }
    guard let log = try makeLog(Int(pages) * 4096, for: control.address) else { return }
    let isVerbose = try number("VerboseOn", parameters) ?? 0
    try memory[control].store(log, in: \.defaultLog)
    try memory[control].store(isVerbose == 0 ? 0 : 1, in: \.isVerbose)
  }

  /// Frees a driver's logs.
  ///
  /// The corresponding routine is `WppAutoLogStop`.
  private func stop(_ control: GuestPointer<TraceControlBlock>) throws {
    for log in logs.keys.sorted() where logs[log] == control.address {
      logs[log] = nil
      try manager.freePool(log)
    }
    try memory[control].store(VirtualAddress.null, in: \.defaultLog)
  }

  /// Reads a message's arguments: addresses and lengths, up to a NULL.
  ///
  /// The corresponding routine is `WppAutoLogTrace`.
  private func record(
    _ arguments: VariadicArguments,
    from guid: VirtualAddress,
    in log: VirtualAddress
  ) throws -> NTStatus {
    guard logs[log] != nil else { throw Unmodelled("WppAutoLogTrace to an address that is no log") }
    if guid != .null { try memory.forEachRun(at: guid, byteCount: 16, for: .read) { _ in } }
    var arguments = arguments
    for _ in 0..<64 {
      let address: VirtualAddress = try arguments.next()
      if address == .null { return .success }
      let length: GuestWord = try arguments.next()
      // No message is longer than 64 KiB.
      let count = min(length.byteCount, 1 << 16)
      try memory.forEachRun(at: address, byteCount: count, for: .read) { _ in }
    }
    throw Unmodelled("WppAutoLogTrace with more than 64 arguments")
  }

  private func makeLog(_ byteCount: Int, for control: VirtualAddress) throws -> VirtualAddress? {
    guard (1...(1 << 20)).contains(byteCount), logs.count < 4096 else {
      throw Unmodelled("a trace log of \(byteCount) bytes")
    }
    let tag: UInt32 = 0x4C70_7057  // "WppL"
    guard let log = try manager.allocatePool(byteCount, .nonpaged, tag: tag) else { return nil }
    logs[log] = control
    return log
  }

  /// The key `Parameters` of a service, if there is one.
  private func parameters(of path: GuestPointer<CountedString>) throws -> RegistryKey? {
    guard !path.isNull else { return nil }
    let lookup = try registry.objects.object(at: memory.text(of: path) + #"\Parameters"#)
    guard case .key(let key) = lookup.object?.payload else { return nil }
    let found = try registry.find(lookup.remainder, in: key)
    return found.missing.isEmpty ? found.key : nil
  }

  private func number(_ name: String, _ key: RegistryKey?) throws -> UInt32? {
    guard let value = try key.flatMap({ try registry.value(name, of: $0) }),
      value.type == .dword, value.data.count == 4
    else { return nil }
    return value.data.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// What a driver's messages are controlled by: `WPP_TRACE_CONTROL_BLOCK`.
///
/// `km-wppdefs.h`, with the recorder; symbols of Windows 10 drivers have the same offsets on x64.
struct TraceControlBlock: GuestStructure {
  /// `AutoLogContext`.
  let defaultLog = Field<VirtualAddress>(x86: 0x30, x64: 0x40)
  /// `AutoLogVerboseEnabled`.
  let isVerbose = Field<UInt16>(x86: 0x34, x64: 0x48)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x38 : 0x50 }
}

/// How a log is to be made: `RECORDER_LOG_CREATE_PARAMS`.
struct TraceLogParameters: GuestStructure {
  let size = Field<UInt32>(x86: 0x00, x64: 0x00)
  let tag = Field<UInt32>(x86: 0x04, x64: 0x04)
  let totalBufferSize = Field<UInt32>(x86: 0x08, x64: 0x08)

  static func size(on architecture: Architecture) -> Int { 0x10 }
}
