public import GuestABI
internal import NTReleases
internal import NTStructures

/// The providers of data for Windows Management Instrumentation.
///
/// Nobody in this machine asks for data: providers are asked what they have, as WMI does when they
/// register, and no more.
public final class WMIRegistry {
  private let io: IoManager
  /// The minor function with which a provider is asked what it has: `IRP_MN_REGINFO(_EX)`.
  private let registrationFunction: UInt8
  /// The devices whose drivers are providers, with the numbers that stand for them.
  private var providers: [VirtualAddress: UInt32] = [:]
  /// The routines that are providers of traces.
  private var tracers: [VirtualAddress] = []
  private var nextProvider: UInt32 = 1
  /// The requests that are due: the device, and whether it is to update what it said before.
  private var due: [(device: VirtualAddress, isUpdate: Bool)] = []
  /// The next free instance number, by class.
  private var instanceNumbers: [[UInt8]: UInt32] = [:]

  private var memory: AddressSpace { io.memory }

  init(io: IoManager, behaviour: Behaviour) {
    self.io = io
    // IRP_MN_REGINFO_EX, IRP_MN_REGINFO.
    registrationFunction = behaviour.asksProvidersForExtendedInformation ? 0x0B : 0x08
  }

  /// A provider that is to be asked what it has.
  public struct Question: Sendable {
    let device: GuestPointer<DeviceObject>
    let isUpdate: Bool
    /// The bytes that the provider may fill.
    public var byteCount = 4096
    /// Where they are.
    var buffer = VirtualAddress.null
  }

  /// Returns the next provider to ask, having removed it from the list.
  public func takeQuestion() -> Question? {
    while !due.isEmpty {
      let next = due.removeFirst()
      guard providers[next.device] != nil else { continue }
      return Question(device: GuestPointer(next.device), isUpdate: next.isUpdate)
    }
    return nil
  }

  /// Makes the request that asks a provider what it has.
  public func makeRequest(
    _ question: inout Question
  ) throws -> (request: IORequest, completion: Completion) {
    question.buffer = try io.allocate(question.byteCount, tag: "WmiR")
    let (request, top) = try io.prepareSystemRequest(
      .systemControl,
      registrationFunction,
      on: question.device,
      [
        question.device.address.rawValue, question.isUpdate ? 1 : 0, UInt64(question.byteCount),
        question.buffer.rawValue,
      ]
    )
    return (request, try io.callDriver(top, request.irp))
  }

  /// Takes a provider's answer, and frees its memory.
  ///
  /// - Returns: How many blocks it registered, or nil if it did not say; and the question to ask
  ///   again if there was too little room.
  public func finish(
    _ question: Question,
    _ request: IORequest
  ) throws -> (blockCount: Int?, again: Question?) {
    defer { _ = try? io.manager.freePool(question.buffer) }
    guard let status = request.status else { return (nil, nil) }
    if status == .bufferTooSmall {
      let needed = try memory.load(UInt32.self, at: question.buffer)
      guard needed > question.byteCount, needed <= 1 << 20 else { return (nil, nil) }
      var again = question
      again.byteCount = Int(needed)
      return (nil, again)
    }
    guard status.isSuccess, request.information >= 20 else { return (nil, nil) }
    return (try readBlocks(of: question), nil)
  }

  /// Reads a `WMIREGINFO`: its blocks name devices on which the driver has taken references.
  private func readBlocks(of question: Question) throws -> Int {
    let is32Bit = memory.architecture == .x86
    let (first, size) = is32Bit ? (20, 28) : (24, 32)
    let count = Int(try memory.load(UInt32.self, at: question.buffer + 16))
    guard count <= (question.byteCount - first) / size else { return 0 }
    for index in 0..<count {
      let block = question.buffer + (first + index * size)
      // WMIREG_FLAG_INSTANCE_PDO.
      guard try memory.load(UInt32.self, at: block + 16) & 0x20 != 0 else { continue }
      let device: VirtualAddress = try memory.load(at: block + 24)
      if let object = io.objects.object(withBody: device) { try io.objects.dereference(object) }
    }
    return count
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("IoWMIRegistrationControl") { [self] (provider: VirtualAddress, action: UInt32) in
        try control(provider, action)
      },
      export("IoWMIDeviceObjectToProviderId") { [self] (device: VirtualAddress) in
        providers[device] ?? 0
      },
      export("IoWMIAllocateInstanceIds") {
        [self] (guid: VirtualAddress, count: UInt32, first: VirtualAddress) in
        let guid = try memory.bytes(at: guid, count: 16)
        let number = instanceNumbers[guid] ?? 0
        guard instanceNumbers.count < 4096 else {
          throw Unmodelled("IoWMIAllocateInstanceIds for 4,096 classes")
        }
        instanceNumbers[guid] = number &+ count
        try memory.store(number, at: first)
        return NTStatus.success
      },
      export("IoWMIWriteEvent") { [self] (event: VirtualAddress) in try write(event) },
    ]
  }

  private func control(_ provider: VirtualAddress, _ action: UInt32) throws -> NTStatus {
    // WMIREG_FLAG_CALLBACK: the provider is a routine for traces, of which nobody wants any.
    if action & 0x8000_0000 != 0 { return try controlTracer(provider, action & 0xFFFF) }
    switch action & 0xFFFF {
    // WMIREG_ACTION_REGISTER, WMIREG_ACTION_REREGISTER.
    case 1, 3:
      guard providers.count < 4096 else { throw Unmodelled("more than 4,096 WMI providers") }
      if providers[provider] == nil {
        providers[provider] = nextProvider
        nextProvider += 1
      }
      due.append((provider, false))
    // WMIREG_ACTION_DEREGISTER.
    case 2:
      guard providers.removeValue(forKey: provider) != nil else {
        throw Unmodelled("IoWMIRegistrationControl: a device that is not registered")
      }
      due.removeAll { $0.device == provider }
    // WMIREG_ACTION_UPDATE_GUIDS.
    case 4:
      guard providers[provider] != nil, due.count < 4096 else {
        throw Unmodelled("IoWMIRegistrationControl: a device that is not registered")
      }
      due.append((provider, true))
    // WMIREG_ACTION_BLOCK_IRPS: requests are not sent any more, of which there are none.
    case 5: due.removeAll { $0.device == provider }
    default: return .invalidParameter
    }
    return .success
  }

  private func controlTracer(_ routine: VirtualAddress, _ action: UInt32) throws -> NTStatus {
    switch action {
    case 1, 3:
      guard tracers.count < 4096 else { throw Unmodelled("more than 4,096 WMI providers") }
      if !tracers.contains(routine) { tracers.append(routine) }
    case 2:
      guard tracers.contains(routine) else {
        throw Unmodelled("IoWMIRegistrationControl: a routine that is not registered")
      }
      tracers.removeAll { $0 == routine }
    case 4: break
    default: return .invalidParameter
    }
    return .success
  }

  /// Takes an event from a provider, for which nobody waits, and frees its memory.
  private func write(_ event: VirtualAddress) throws -> NTStatus {
    // WNODE_FLAG_TRACED_GUID in WNODE_HEADER.Flags: the block is a trace's, and stays the driver's.
    guard try memory.load(UInt32.self, at: event + 44) & 0x2_0000 == 0 else {
      throw Unmodelled("IoWMIWriteEvent of a trace")
    }
    try io.manager.freePool(event, caller: io.manager.context.caller)
    return .success
  }
}
