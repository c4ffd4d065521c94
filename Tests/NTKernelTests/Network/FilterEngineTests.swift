import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// A callout driver at the filter engine.
struct FilterEngineFixture {
  let fixture: KernelFixture

  var memory: AddressSpace { fixture.memory }

  init(_ host: Host) throws { fixture = try host.fixture() }

  /// FWPM_LAYER_INBOUND_IPPACKET_V4.
  static let layer: [UInt8] = [
    0xBF, 0xD1, 0x6F, 0xC8, 0xCD, 0x21, 0x7E, 0x49, 0xA0, 0xBB, 0x17, 0x42, 0x5C, 0x88, 0x5C, 0x58,
  ]
  /// FWPM_LAYER_ALE_RESOURCE_RELEASE_V4, which came with Windows 7.
  static let laterLayer: [UInt8] = [
    0xCE, 0x5C, 0x36, 0x74, 0xB0, 0xCC, 0x1A, 0x40, 0xBF, 0xC1, 0xB8, 0x99, 0x34, 0xAD, 0x7E, 0x15,
  ]

  /// A key of the driver's own.
  static func key(_ number: UInt8) -> [UInt8] { [number] + Array(repeating: 0x11, count: 15) }

  func store(key: [UInt8]) throws -> VirtualAddress {
    let place = try fixture.allocate(16)
    try memory.store(bytes: key, at: place)
    return place
  }

  func open(isDynamic: Bool = false) throws -> VirtualAddress {
    let session = GuestPointer<FWPMSession>(try fixture.allocate(0x50))
    try memory[session].store(isDynamic ? 1 : 0, in: \.flags)
    let result = try fixture.allocate(8)
    let status = try fixture.status(
      "FwpmEngineOpen0",
      VirtualAddress.null,
      UInt32(10),
      VirtualAddress.null,
      session,
      result
    )
    #expect(status == .success)
    return try memory.load(at: result)
  }

  /// Makes an object with a key and a name.
  private func makeObject(_ key: [UInt8], named: Bool = true) throws -> VirtualAddress {
    let object = try fixture.allocate(0x100)
    try memory.store(bytes: key, at: object)
    if named {
      let view = memory[GuestPointer<FWPMObject>(object)]
      try view.store(fixture.allocate(8), in: \.displayName)
    }
    return object
  }

  func addSublayer(_ engine: VirtualAddress, _ key: [UInt8], named: Bool = true) throws -> NTStatus
  {
    let object = try makeObject(key, named: named)
    return try fixture.status("FwpmSubLayerAdd0", engine, object, VirtualAddress.null)
  }

  func addCallout(_ engine: VirtualAddress, _ key: [UInt8], layer: [UInt8] = layer) throws
    -> NTStatus
  {
    let object = try makeObject(key)
    let view = memory[GuestPointer<FWPMCallout>(object)]
    try memory.store(bytes: layer, at: view.address(of: \.applicableLayer))
    let null = VirtualAddress.null
    return try fixture.status("FwpmCalloutAdd0", engine, object, null, null)
  }

  func addFilter(
    _ engine: VirtualAddress,
    _ key: [UInt8],
    sublayer: [UInt8],
    callout: [UInt8]?,
    weight: UInt64 = 3
  ) throws -> NTStatus {
    let object = try makeObject(key)
    let filter = GuestPointer<FWPMFilter>(object)
    let view = memory[filter]
    try memory.store(bytes: Self.layer, at: view.address(of: \.layerKey))
    try memory.store(bytes: sublayer, at: view.address(of: \.sublayerKey))
    try view.store(1, in: \.weightType)
    try view.store(GuestWord(weight), in: \.weight)
    try view.store(callout == nil ? 0x1001 : 0x5003, in: \.actionType)
    if let callout { try memory.store(bytes: callout, at: view.address(of: \.calloutKey)) }
    let null = VirtualAddress.null
    return try fixture.status("FwpmFilterAdd0", engine, object, null, null)
  }

  func remove(_ routine: String, _ engine: VirtualAddress, _ key: [UInt8]) throws -> NTStatus {
    try fixture.status(routine, engine, store(key: key))
  }

  /// Registers a callout's routines.
  func register(_ key: [UInt8], notify: VirtualAddress) throws -> NTStatus {
    let callout = GuestPointer<FWPSCallout>(try fixture.allocate(0x30))
    try memory.store(bytes: key, at: callout.address)
    try memory[callout].store(notify, in: \.notify)
    let device = VirtualAddress(rawValue: 0x1000)
    return try fixture.status("FwpsCalloutRegister0", device, callout, fixture.allocate(4))
  }
}

@Suite struct FilterEngineTests {
  private static let hosts = [
    Host(release: .vista, architecture: .x86), Host(release: .win11_22h2, architecture: .x64),
  ]
  private static let sublayer = FilterEngineFixture.key(1)
  private static let callout = FilterEngineFixture.key(2)
  private static let filter = FilterEngineFixture.key(3)

  @Test(arguments: hosts)
  func `objects need what they refer to, and are in use while they are referred to`(
    host: Host
  ) throws {
    let engine = try FilterEngineFixture(host)
    let session = try engine.open()
    func addFilter() throws -> NTStatus {
      try engine.addFilter(session, Self.filter, sublayer: Self.sublayer, callout: Self.callout)
    }
    #expect(try engine.addSublayer(session, Self.sublayer, named: false) == .fwpNullDisplayName)
    #expect(try addFilter() == .fwpSublayerNotFound)
    #expect(try engine.addSublayer(session, Self.sublayer) == .success)
    #expect(try engine.addSublayer(session, Self.sublayer) == .fwpAlreadyExists)
    #expect(try addFilter() == .fwpCalloutNotFound)
    #expect(try engine.addCallout(session, Self.callout) == .success)
    #expect(try engine.addCallout(session, Self.callout) == .fwpAlreadyExists)
    #expect(try addFilter() == .success)
    #expect(try addFilter() == .fwpAlreadyExists)
    let remove = engine.remove
    #expect(try remove("FwpmSubLayerDeleteByKey0", session, Self.sublayer) == .fwpInUse)
    #expect(try remove("FwpmCalloutDeleteByKey0", session, Self.callout) == .fwpInUse)
    #expect(try remove("FwpmFilterDeleteByKey0", session, Self.filter) == .success)
    #expect(try remove("FwpmFilterDeleteByKey0", session, Self.filter) == .fwpFilterNotFound)
    #expect(try remove("FwpmCalloutDeleteByKey0", session, Self.callout) == .success)
    #expect(try remove("FwpmSubLayerDeleteByKey0", session, Self.sublayer) == .success)
    #expect(try engine.fixture.status("FwpmEngineClose0", session) == .success)
  }

  @Test(arguments: Release.all(on: .x64).filter { $0 >= .vista })
  func `a layer is found only in the releases that have it`(release: Release) throws {
    let engine = try FilterEngineFixture(Host(release: release, architecture: .x64))
    let session = try engine.open()
    let status = try engine.addCallout(
      session,
      Self.callout,
      layer: FilterEngineFixture.laterLayer
    )
    #expect(status == (release >= .win7 ? .success : .fwpLayerNotFound))
  }

  @Test(arguments: hosts)
  func `an aborted transaction leaves nothing, a committed one all`(host: Host) throws {
    let engine = try FilterEngineFixture(host)
    let session = try engine.open()
    let status = engine.fixture.status as (String, VirtualAddress) throws -> NTStatus
    func begin() throws -> NTStatus {
      try engine.fixture.status("FwpmTransactionBegin0", session, UInt32(0))
    }
    #expect(try status("FwpmTransactionCommit0", session) == .fwpNoTransactionInProgress)
    #expect(try begin() == .success)
    #expect(try begin() == .fwpTransactionInProgress)
    #expect(try engine.addSublayer(session, Self.sublayer) == .success)
    #expect(try engine.addSublayer(session, Self.sublayer) == .fwpAlreadyExists)
    #expect(try status("FwpmTransactionAbort0", session) == .success)
    #expect(try status("FwpmTransactionAbort0", session) == .fwpNoTransactionInProgress)
    #expect(try begin() == .success)
    #expect(try engine.addSublayer(session, Self.sublayer) == .success)
    #expect(try status("FwpmTransactionCommit0", session) == .success)
    #expect(try engine.addSublayer(session, Self.sublayer) == .fwpAlreadyExists)
    // A read-only transaction changes nothing.
    #expect(
      try engine.fixture.status("FwpmTransactionBegin0", session, UInt32(1)) == .success
    )
    #expect(
      try engine.addSublayer(session, FilterEngineFixture.key(9)) == .fwpIncompatibleTransaction
    )
  }

  @Test(arguments: hosts)
  func `what a dynamic session adds goes with it`(host: Host) throws {
    let engine = try FilterEngineFixture(host)
    let lasting = try engine.open()
    for isDynamic in [true, false] {
      let session = try engine.open(isDynamic: isDynamic)
      #expect(try engine.addSublayer(session, Self.sublayer) == .success)
      #expect(try engine.fixture.status("FwpmEngineClose0", session) == .success)
    }
    #expect(try engine.addSublayer(lasting, Self.sublayer) == .fwpAlreadyExists)
  }

  @Test(arguments: hosts)
  func `a callout is told of filters that come and go while it is registered`(host: Host) throws {
    let engine = try FilterEngineFixture(host)
    let fixture = engine.fixture
    let session = try engine.open()
    #expect(try engine.addSublayer(session, Self.sublayer) == .success)
    #expect(try engine.addCallout(session, Self.callout) == .success)
    func add(_ number: UInt8) throws -> NTStatus {
      try engine.addFilter(
        session,
        FilterEngineFixture.key(number),
        sublayer: Self.sublayer,
        callout: Self.callout
      )
    }
    // Nobody is registered yet, and nobody is told later.
    #expect(try add(3) == .success)
    var told: [(type: UInt64, hasKey: Bool, context: UInt64)] = []
    var answer = NTStatus.success
    let notify = fixture.routine { call in
      let filter = GuestPointer<FWPSFilter>(guestBits: call.arguments[2].bits)
      let context = try fixture.memory[filter].context
      told.append((call.arguments[0].bits, call.arguments[1].bits != 0, context))
      try fixture.memory[filter].store(77, in: \.context)
      return answer.guestBits
    }
    #expect(try engine.register(Self.callout, notify: notify) == .success)
    #expect(try engine.register(Self.callout, notify: notify) == .fwpAlreadyExists)
    #expect(told.isEmpty)
    #expect(try add(4) == .success)
    #expect(told.map(\.type) == [0])
    #expect(told[0].hasKey)
    let key = FilterEngineFixture.key(4)
    #expect(try engine.remove("FwpmFilterDeleteByKey0", session, key) == .success)
    // The context that the callout set comes back.
    #expect(told.map(\.type) == [0, 1])
    #expect(!told[1].hasKey && told[1].context == 77)
    // A filter that the callout refuses is not added.
    answer = .unsuccessful
    #expect(try add(5) == .fwpCalloutNotificationFailed)
    answer = .success
    #expect(try add(5) == .success)
    let place = try engine.store(key: Self.callout)
    #expect(try fixture.status("FwpsCalloutUnregisterByKey0", place) == .success)
    #expect(try fixture.status("FwpsCalloutUnregisterByKey0", place) == .fwpCalloutNotFound)
  }

  @Test(arguments: hosts)
  func `weights of one byte are 0 to 15`(host: Host) throws {
    let engine = try FilterEngineFixture(host)
    let session = try engine.open()
    #expect(try engine.addSublayer(session, Self.sublayer) == .success)
    for weight in [UInt64(0), 15, 16, 255] {
      let key = FilterEngineFixture.key(UInt8(100 + weight % 100))
      let status = try engine.addFilter(
        session,
        key,
        sublayer: Self.sublayer,
        callout: nil,
        weight: weight
      )
      #expect(status == (weight < 16 ? .success : .fwpInvalidWeight))
    }
  }

  @Test(arguments: hosts)
  func `an injection handle is only for what it was made for`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let fixture = packets.fixture
    let result = try fixture.allocate(8)
    let completion = fixture.routine { _ in 0 }
    for (types, status) in [(UInt32(8), NTStatus.fwpInjectHandleStale), (4, .success)] {
      let create = try fixture.status("FwpsInjectionHandleCreate0", UInt16(2), types, result)
      #expect(create == .success)
      let handle: VirtualAddress = try fixture.memory.load(at: result)
      let (list, _) = try packets.makeList(packets.makeChain([20]), offset: 0, byteCount: 20)
      let sent = try fixture.status(
        "FwpsInjectNetworkSendAsync0",
        handle,
        VirtualAddress(rawValue: 0x55),
        UInt32(0),
        UInt32(1),
        list,
        completion,
        VirtualAddress.null
      )
      #expect(sent == status)
      let state = try fixture.call("FwpsQueryPacketInjectionState0", handle, list, result)
      #expect(state & 0xFFFF_FFFF == (status == .success ? 1 : 0))
      // What the system thread does that was made for the packet.
      if status == .success { try fixture.call("FwppCompleteInjection", GuestWord(1)) }
      let after = try fixture.call("FwpsQueryPacketInjectionState0", handle, list, result)
      #expect(after & 0xFFFF_FFFF == 0)
      #expect(try fixture.status("FwpsInjectionHandleDestroy0", handle) == .success)
    }
  }
}
