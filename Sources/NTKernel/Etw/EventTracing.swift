internal import GuestABI
internal import NTStructures

/// Event tracing for Windows, with no session that listens.
///
/// Providers can be registered; none is ever enabled, so that no call-back is made, and events are taken
/// and not logged (Microsoft Docs, `EtwWrite`: "If the provider is not enabled for any session, EtwWrite
/// returns STATUS_SUCCESS").
final class EventTracing {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  /// The handles of the providers that are registered, in the order of their numbers.
  private var providers: Set<UInt64> = []
  private var lastHandle: UInt64 = 0
  /// The activities of threads, by the threads' numbers.
  private var activities: [Int: [UInt8]] = [:]
  private var lastActivity: UInt64 = 0

  /// The descriptors of data that one event may have.
  private static let maximumDataCount: UInt32 = 128
  /// The providers that one run may register.
  private static let limit = 10_000

  init(dispatcher: Dispatcher) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  var exports: [Export] { providerExports + writingExports + activityExports }

  private var providerExports: [Export] {
    [
      export("EtwRegister") {
        [self]
        (
          provider: VirtualAddress,
          callback: VirtualAddress,
          context: VirtualAddress,
          handle: VirtualAddress
        ) in
        try register(provider, handle)
      },
      export("EtwRegisterClassicProvider") {
        [self]
        (
          provider: VirtualAddress,
          type: UInt32,
          callback: VirtualAddress,
          context: VirtualAddress,
          handle: VirtualAddress
        ) in
        // The routine that WPP's initialisation (`km-init.tpl` of the driver kits) registers with.
        guard type == 0 else { throw Unmodelled("EtwRegisterClassicProvider: type \(type)") }
        return try register(provider, handle)
      },
      export("EtwUnregister") { [self] (handle: UInt64) in
        providers.remove(handle) == nil ? NTStatus.invalidHandle : .success
      },
      export("EtwEventEnabled") { (handle: UInt64, descriptor: VirtualAddress) in false },
      export("EtwProviderEnabled") { (handle: UInt64, level: UInt8, keyword: UInt64) in false },
      export("EtwSetInformation") {
        [self]
        (handle: UInt64, kind: UInt32, information: VirtualAddress, length: UInt32) in
        guard providers.contains(handle) else { return NTStatus.invalidHandle }
        // EventProviderSetTraits and EventProviderUseDescriptorType, which sessions see.
        guard kind == 2 || kind == 3 else {
          throw Unmodelled("EtwSetInformation: EVENT_INFO_CLASS \(kind)")
        }
        return .success
      },
    ]
  }

  /// Registers a provider that no session has enabled.
  ///
  /// The corresponding kernel routine is `EtwRegister`.
  private func register(_ provider: VirtualAddress, _ handle: VirtualAddress) throws -> NTStatus {
    guard provider != .null, handle != .null else { return .invalidParameter }
    _ = try memory.bytes(at: provider, count: 16)
    guard providers.count < Self.limit else {
      throw Unmodelled("EtwRegister: more than \(Self.limit) providers")
    }
    lastHandle += 1
    let value = 0x8000_0000 | lastHandle << 4
    providers.insert(value)
    try memory.store(value, at: handle)
    return .success
  }

  /// Takes an event, as far as its call is right.
  private func write(_ handle: UInt64, dataCount: UInt32) -> NTStatus {
    guard providers.contains(handle) else { return .invalidHandle }
    return dataCount <= Self.maximumDataCount ? .success : .invalidParameter
  }

  private var writingExports: [Export] {
    [
      export("EtwWrite") {
        [self]
        (
          handle: UInt64,
          descriptor: VirtualAddress,
          activity: VirtualAddress,
          count: UInt32,
          data: VirtualAddress
        ) in
        write(handle, dataCount: count)
      },
      export("EtwWriteTransfer") {
        [self]
        (
          handle: UInt64,
          descriptor: VirtualAddress,
          activity: VirtualAddress,
          related: VirtualAddress,
          count: UInt32,
          data: VirtualAddress
        ) in
        write(handle, dataCount: count)
      },
      export("EtwWriteEx") {
        [self]
        (
          handle: UInt64,
          descriptor: VirtualAddress,
          filter: UInt64,
          flags: UInt32,
          activity: VirtualAddress,
          related: VirtualAddress,
          count: UInt32,
          data: VirtualAddress
        ) in
        write(handle, dataCount: count)
      },
      export("EtwWriteString") {
        [self]
        (
          handle: UInt64,
          level: UInt8,
          keyword: UInt64,
          activity: VirtualAddress,
          string: VirtualAddress
        ) in
        write(handle, dataCount: 0)
      },
    ]
  }

  private var activityExports: [Export] {
    [
      export("EtwActivityIdControl") { [self] (code: UInt32, place: VirtualAddress) in
        let thread = dispatcher.current.id
        let old = activities[thread] ?? [UInt8](repeating: 0, count: 16)
        switch code {
        case 1: try memory.store(bytes: old, at: place)
        case 2: activities[thread] = try memory.bytes(at: place, count: 16)
        case 3: try memory.store(bytes: newActivity(), at: place)
        case 4:
          activities[thread] = try memory.bytes(at: place, count: 16)
          try memory.store(bytes: old, at: place)
        case 5:
          activities[thread] = newActivity()
          try memory.store(bytes: old, at: place)
        default: return NTStatus.invalidParameter
        }
        return .success
      }
    ]
  }

  /// Returns an identifier that no other activity of the machine has.
  private func newActivity() -> [UInt8] {
    lastActivity += 1
    var bytes: [UInt8] = []
    bytes.append(littleEndian: lastActivity)
    bytes.append(littleEndian: dispatcher.systemTime)
    return bytes
  }
}
