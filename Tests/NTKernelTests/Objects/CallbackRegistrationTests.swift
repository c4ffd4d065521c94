import GuestABI
import NTKernel
import NTStructures
import Testing

/// Call-backs on the registry and on handles, and event tracing without sessions.
@Suite struct CallbackRegistrationTests {
  private func string(
    _ fixture: ExecutiveFixture,
    _ text: String,
    at place: VirtualAddress
  ) throws {
    let buffer = try fixture.allocate(text.utf16.count * 2 + 2)
    for (index, unit) in text.utf16.enumerated() {
      try fixture.memory.store(unit, at: buffer + index * 2)
    }
    let length = text.utf16.count * 2
    try fixture.memory.set(
      GuestPointer<CountedString>(place),
      buffer: buffer,
      length: length,
      maximumLength: length + 2
    )
  }

  private func status<each Argument: GuestScalar>(
    _ fixture: ExecutiveFixture,
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> NTStatus {
    NTStatus(guestBits: try fixture.call(name, repeat each argument))
  }

  private let routine = VirtualAddress(rawValue: 0x9001)
  private let collision = NTStatus(0xC01C_0011)

  @Test(arguments: Architecture.allCases)
  func `registry call-backs are registered, and stop the run where they would be called`(
    architecture: Architecture
  ) throws {
    let fixture = try ExecutiveFixture(architecture)
    let (altitude, cookie) = (try fixture.allocate(16), try fixture.allocate(8))
    let null = VirtualAddress.null
    try string(fixture, "320000", at: altitude)
    func register() throws -> NTStatus {
      let driver = routine
      return try status(
        fixture,
        "CmRegisterCallbackEx",
        routine,
        altitude,
        driver,
        null,
        cookie,
        null
      )
    }
    #expect(try register() == .success)
    let first = try fixture.memory.load(UInt64.self, at: cookie)
    #expect(try register() == collision)
    let (services, name) = (UInt32(1), try fixture.allocate(8))
    try fixture.memory.store(UInt16(0x41), at: name)
    let check = { try fixture.call("RtlCheckRegistryKey", services, name) }
    #expect(fixture.unmodelled(check)?.contains("RegistryCallback") == true)
    #expect(try status(fixture, "CmUnRegisterCallback", first) == .success)
    #expect(try status(fixture, "CmUnRegisterCallback", first) == .invalidParameter)
    #expect(fixture.unmodelled(check)?.contains("RegistryCallback") != true)
    #expect(try register() == .success)
    #expect(try fixture.memory.load(UInt64.self, at: cookie) != first)
  }

  @Test(arguments: Architecture.allCases)
  func `call-backs on handles are checked and registered`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let word = architecture.pointerSize
    let registration = try fixture.allocate(0x40)
    let operation = try fixture.allocate(4 * word)
    let (typePlace, handle) = (try fixture.allocate(8), try fixture.allocate(8))
    let process = fixture.kernel.objects.dataExports.first { $0.name == "PsProcessType" }
    try process?.initialise(typePlace, fixture.memory)
    try fixture.memory.store(UInt16(0x100), at: registration)
    try fixture.memory.store(UInt16(1), at: registration + 2)
    try string(fixture, "321000", at: registration + word)
    try fixture.memory.store(operation, at: registration + (4 * word))
    try fixture.memory.store(typePlace, at: operation)
    try fixture.memory.store(UInt32(1), at: operation + word)
    let name = "ObRegisterCallbacks"
    // Neither routine.
    #expect(try status(fixture, name, registration, handle) == .invalidParameter)
    try fixture.memory.store(routine, at: operation + 2 * word)
    try fixture.memory.store(UInt16(0x200), at: registration)
    #expect(try status(fixture, name, registration, handle) == .invalidParameter)
    try fixture.memory.store(UInt16(0x100), at: registration)
    #expect(try status(fixture, name, registration, handle) == .success)
    let second = try fixture.allocate(8)
    #expect(try status(fixture, name, registration, second) == collision)
    let value = try fixture.memory.load(VirtualAddress.self, at: handle)
    try fixture.call("ObUnRegisterCallbacks", value)
    #expect(try status(fixture, name, registration, second) == .success)
    #expect(try fixture.call("ObGetFilterVersion") & 0xFFFF == 0x100)
  }

  @Test(arguments: Architecture.allCases)
  func `events go nowhere while no session listens`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let (provider, handle) = (try fixture.allocate(16), try fixture.allocate(8))
    let null = VirtualAddress.null
    #expect(try status(fixture, "EtwRegister", provider, null, null, handle) == .success)
    let value = try fixture.memory.load(UInt64.self, at: handle)
    #expect(value != 0)
    #expect(try fixture.call("EtwEventEnabled", value, provider) & 1 == 0)
    let (level, keyword): (UInt8, UInt64) = (5, 1)
    #expect(try fixture.call("EtwProviderEnabled", value, level, keyword) & 1 == 0)
    func write(_ handle: UInt64, _ count: UInt32) throws -> NTStatus {
      try status(fixture, "EtwWrite", handle, provider, null, count, null)
    }
    #expect(try write(value, 0) == .success)
    #expect(try write(value, 129) == .invalidParameter)
    #expect(try write(0, 0) == .invalidHandle)
    #expect(try status(fixture, "EtwUnregister", value) == .success)
    #expect(try status(fixture, "EtwUnregister", value) == .invalidHandle)
    #expect(try write(value, 0) == .invalidHandle)
    let identifiers = try (0..<2).map { _ in
      let code: UInt32 = 3
      #expect(try status(fixture, "EtwActivityIdControl", code, provider) == .success)
      return try fixture.memory.bytes(at: provider, count: 16)
    }
    #expect(identifiers[0] != identifiers[1])
  }
}
