internal import GuestABI
internal import NTStructures

/// Routines that drivers want called when the registry is used.
///
/// They are registered as documented. A use of the registry while one is registered, of which it would
/// have to be told before and after, is not modelled.
final class RegistryCallbacks {
  private struct Registration {
    let cookie: UInt64
    let altitude: String?
  }

  private let memory: AddressSpace
  private var registrations: [Registration] = []
  private var lastCookie: UInt64 = 0

  /// The routines that one run may register, as a bound on what a driver can make of the host's memory.
  private static let limit = 1000

  init(memory: AddressSpace) { self.memory = memory }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("CmRegisterCallback") {
        [self] (routine: VirtualAddress, context: VirtualAddress, cookie: VirtualAddress) in
        try register(altitude: nil, cookie)
      },
      export("CmRegisterCallbackEx") {
        [self]
        (
          routine: VirtualAddress,
          altitude: GuestPointer<CountedString>,
          driver: VirtualAddress,
          context: VirtualAddress,
          cookie: VirtualAddress,
          reserved: VirtualAddress
        ) in
        try register(altitude: memory.text(of: altitude), cookie)
      },
      export("CmUnRegisterCallback") { [self] (cookie: UInt64) in
        guard let index = registrations.firstIndex(where: { $0.cookie == cookie }) else {
          return NTStatus.invalidParameter
        }
        registrations.remove(at: index)
        return .success
      },
    ]
  }

  private func register(altitude: String?, _ cookie: VirtualAddress) throws -> NTStatus {
    if let altitude, registrations.contains(where: { $0.altitude == altitude }) {
      return .altitudeCollision
    }
    guard registrations.count < Self.limit else {
      throw Unmodelled("CmRegisterCallback: more than \(Self.limit) routines")
    }
    lastCookie += 1
    // A cookie is a count in the system's time, not an address.
    let value = 0x01BF_53EB_0000_0000 | lastCookie
    try memory.store(value, at: cookie)
    registrations.append(Registration(cookie: value, altitude: altitude))
    return .success
  }

  /// Notes that the registry is used.
  ///
  /// - Throws: ``Unmodelled`` if a driver wants to be told.
  func registryIsUsed() throws {
    guard registrations.isEmpty else {
      throw Unmodelled("a use of the registry while a RegistryCallback routine is registered")
    }
  }
}
