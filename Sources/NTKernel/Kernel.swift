public import GuestABI
public import NTReleases

/// The kernel of one release: its parts, what they export, and the memory that they share.
public final class Kernel {
  /// What makes one kernel differ from another.
  public struct Configuration: Sendable {
    public var release: Release
    public var architecture: Architecture
    public var reading: Reading
    public var seed: UInt64
    /// The bytes of physical memory.
    public var memorySize: Int

    /// Creates a configuration.
    public init(
      release: Release,
      architecture: Architecture,
      reading: Reading,
      seed: UInt64,
      memorySize: Int
    ) {
      self.release = release
      self.architecture = architecture
      self.reading = reading
      self.seed = seed
      self.memorySize = memorySize
    }
  }

  public let memory: AddressSpace
  public let processor = ProcessorState()
  public let context: CallContext
  public let manager: MemoryManager
  public let dispatcher: Dispatcher
  public let objects: ObjectManager
  public let io: IoManager
  public let processes: ProcessStructure
  public let registry: Registry
  public let modules: LoadedModules
  public let drivers: DriverServices
  package let exceptions: ExceptionDispatcher
  private let sections: Sections
  private let security: SecurityMonitor
  private let executive: Executive
  private let resources: ResourceTable
  private let fastMutexes: FastMutexes
  private let lookasideLists: LookasideLists
  private let workItems: WorkItems
  private let deviceReferences: DeviceReferences
  private let errorLog: ErrorLog
  private let bugCheckCallbacks: BugCheckCallbacks
  private let criticalRegions: CriticalRegions
  private let rundownProtection: RundownProtection
  private let processLookUp: ProcessLookUp
  private let attachment: ProcessAttachment
  private let notifications: SystemNotifications
  private let callbackObjects: CallbackObjects
  private let sharedSpinLocks: SharedSpinLocks
  private let affinities: ThreadAffinities
  private let systemQueries: SystemQueries
  private let processFacts: ProcessFacts
  private let regionLocks: RegionLocks
  private let pushLocks: PushLocks
  private let executiveTimers: ExecutiveTimers
  private let tokens: Tokens
  private let hal: HardwareAbstractionLayer
  private let adapters: DMAAdapters
  private let runtime: RuntimeLibrary
  private let lookUp: RoutineLookUp
  private let systemInformation: SystemInformation
  private let release: Release

  /// Creates a kernel that has just started.
  ///
  /// - Parameters:
  ///   - configuration: The release and its machine.
  ///   - sink: What takes note of events. It is not kept alive.
  ///   - addressOfExport: Returns where the guest finds a routine or variable of the kernel.
  /// - Throws: ``OutOfHostMemory`` if the host cannot provide the memory.
  public init(
    _ configuration: Configuration,
    sink: any KernelEventSink,
    addressOfExport: @escaping (String) throws -> VirtualAddress
  ) throws {
    let architecture = configuration.architecture
    release = configuration.release
    let behaviour = Behaviour(of: release)
    context = CallContext(processor: processor)
    let ram = try GuestRAM(byteCount: configuration.memorySize)
    let frames = PFNDatabase(ram: ram, seed: configuration.seed)
    guard let root = frames.allocateZeroed(.pageTable) else {
      throw Unmodelled("a machine without memory")
    }
    memory = AddressSpace(
      architecture: architecture,
      tables: PageTables(
        ram: ram,
        format: Self.format(architecture, behaviour),
        root: PhysicalAddress(frame: root)
      )
    )
    manager = try MemoryManager(
      memory: memory,
      frames: frames,
      layout: Self.layout(configuration, behaviour),
      behaviour: behaviour,
      reading: configuration.reading,
      context: context
    )
    try ControlRegion.setUp(manager, release)
    dispatcher = try Dispatcher(memory: memory, processor: processor, manager: manager)
    objects = ObjectManager(memory: memory, pool: manager, behaviour: ObjectBehaviour(behaviour))
    io = IoManager(
      memory: memory,
      manager: manager,
      dispatcher: dispatcher,
      objects: objects,
      addressOfRoutine: addressOfExport
    )
    processes = try ProcessStructure(
      manager: manager,
      dispatcher: dispatcher,
      objects: objects,
      release: release,
      behaviour: behaviour
    )
    let clock = dispatcher
    registry = Registry(
      objects: objects,
      memory: memory,
      pool: manager,
      behaviour: RegistryBehaviour(
        hasKeyNameInformation: behaviour.hasKeyNameInformation,
        checksValueTypes: behaviour.checksRegistryValueTypes
      ),
      systemTime: { Int64(clamping: clock.systemTime) }
    )
    registry.describeSystem(release, behaviour, architecture)
    drivers = DriverServices(
      io,
      registry: registry,
      initializesExportDrivers: behaviour.initializesExportDrivers
    )
    exceptions = ExceptionDispatcher(dispatcher, addressOfRoutine: addressOfExport)
    manager.mayHandleException = { [unowned exceptions] in exceptions.mayHandleException() }
    sections = try Sections(objects: objects, memory: memory, mapper: manager)
    security = SecurityMonitor(
      objects: objects,
      memory: memory,
      pool: manager,
      behaviour: SecurityBehaviour(exportsExtent: .init(behaviour.securityExports))
    )
    executive = Executive(manager: manager, dispatcher: dispatcher)
    resources = ResourceTable(dispatcher)
    fastMutexes = FastMutexes(dispatcher)
    lookasideLists = LookasideLists(manager: manager, addressOfExport: addressOfExport)
    workItems = WorkItems(io)
    deviceReferences = DeviceReferences(io)
    errorLog = ErrorLog(io)
    bugCheckCallbacks = BugCheckCallbacks(memory: memory)
    criticalRegions = CriticalRegions(dispatcher)
    rundownProtection = RundownProtection(dispatcher)
    processLookUp = ProcessLookUp(
      manager: manager,
      dispatcher: dispatcher,
      objects: objects,
      processes: processes
    )
    notifications = SystemNotifications(
      memory: memory,
      behaviour: behaviour,
      functionTables: exceptions.functionTables
    )
    processes.notifications = notifications
    callbackObjects = try CallbackObjects(manager: manager, objects: objects)
    sharedSpinLocks = SharedSpinLocks(dispatcher)
    affinities = ThreadAffinities(dispatcher)
    systemQueries = SystemQueries(dispatcher, manager: manager, processes: processes)
    processFacts = ProcessFacts(processes, dispatcher: dispatcher, objects: objects)
    regionLocks = RegionLocks(
      dispatcher,
      regions: criticalRegions,
      mutexes: fastMutexes,
      resources: resources
    )
    pushLocks = PushLocks(dispatcher)
    executiveTimers = ExecutiveTimers(dispatcher, manager: manager)
    tokens = Tokens(
      manager: manager,
      objects: objects,
      dispatcher: dispatcher,
      processes: processes,
      security: security
    )
    attachment = ProcessAttachment(processes, manager: manager, dispatcher: dispatcher)
    hal = HardwareAbstractionLayer(memory: memory)
    adapters = DMAAdapters(
      manager: manager,
      dispatcher: dispatcher,
      addressOfExport: addressOfExport
    )
    modules = try LoadedModules(manager)
    io.modules = modules
    systemInformation = SystemInformation(
      manager: manager,
      dispatcher: dispatcher,
      modules: modules
    )
    lookUp = RoutineLookUp(
      memory: memory,
      release: release,
      behaviour: behaviour,
      addressOfExport: addressOfExport
    )
    runtime = RuntimeLibrary(memory: memory, pool: manager) { [weak sink] text in
      sink?.record(.debugPrint(text))
    }
    manager.sink = sink
    io.sink = sink
  }

  /// The first of the formats in which the release's kernels come.
  private static func format(
    _ architecture: Architecture,
    _ behaviour: Behaviour
  ) -> GuestABI.PageTableFormat {
    switch behaviour.pageTableFormats(pointerSize: architecture.pointerSize).first {
    case .twoLevel: .twoLevel
    case .pae: .pae
    default: architecture == .x86 ? .twoLevel : .fourLevel
    }
  }

  private static func layout(
    _ configuration: Configuration,
    _ behaviour: Behaviour
  ) throws -> SystemLayout {
    let (architecture, release) = (configuration.architecture, configuration.release)
    guard let limits = release.addressLimits(for: architecture.platform) else {
      throw Unmodelled("\(release.name) on \(architecture.name)")
    }
    var layout = SystemLayout(
      architecture,
      limits: SystemLimits(behaviour, architecture, memorySize: configuration.memorySize),
      userProbeAddress: VirtualAddress(rawValue: limits.userProbeAddress),
      systemRangeStart: VirtualAddress(rawValue: limits.systemRangeStart)
    )
    if architecture == .x64, behaviour.pageTablesAreRelocated64 {
      layout.relocatePageTables(seed: configuration.seed)
    }
    layout.kernelStackSize = behaviour.kernelStackSize(pointerSize: architecture.pointerSize)
    return layout
  }

  /// Tells the drivers that the current process ends, before its handles are closed.
  ///
  /// - Returns: What is to be done first.
  /// - Throws: A `GuestFault` if an APC of the process's thread can no longer be read.
  public func announceExit() throws -> Completion {
    guard let process = processes.process(of: dispatcher.current) else { return .done }
    let end = try dispatcher.runDownAPCs(of: process.thread, then: .done)
    return notifications.processEnds(process, parent: processes.system.id, then: end)
  }

  /// The routines that drivers can import, whatever the release exports of them.
  public var exports: [Export] {
    [
      manager.mdlExports, manager.physicalExports, manager.poolExports,
      dispatcher.synchronizationExports, dispatcher.irqlExports,
      dispatcher.deferredExports, dispatcher.clockExports,
      io.deviceExports, io.requestExports, processes.exports, executive.exports, hal.exports,
      objects.referenceExports, objects.namespaceExports, registry.exports,
      registry.runtimeExports, sections.exports, security.exports, runtime.exports,
      lookUp.exports, systemInformation.exports,
      // Of two declarations with one name, the later counts.
      resources.exports, fastMutexes.exports, lookasideLists.exports, workItems.exports,
      io.deviceQueueExports, io.startIOExports, io.buildingExports, io.packetExports,
      deviceReferences.exports, io.removeLockExports, errorLog.exports,
      dispatcher.queuedLockExports, dispatcher.machineExports, bugCheckCallbacks.exports,
      criticalRegions.exports, rundownProtection.exports, processLookUp.exports,
      attachment.exports, notifications.exports, manager.pageExports, manager.copyExports,
      manager.mappingExports, exceptions.exceptionExports, adapters.exports,
      dispatcher.queueExports, dispatcher.apcExports, callbackObjects.exports,
      sharedSpinLocks.exports,
      affinities.exports, dispatcher.threadExports, dispatcher.crossProcessorExports,
      drivers.exports, io.attachingExports, modules.exports,
      systemQueries.exports, processFacts.exports, dispatcher.mutantExports, regionLocks.exports,
      pushLocks.exports, executiveTimers.exports, tokens.exports,
    ].flatMap { $0 }
  }

  /// The variables that drivers can import, whatever the release exports of them.
  public var dataExports: [DataExport] {
    systemVariables + objects.dataExports + security.dataExports + modules.dataExports
  }

  private var systemVariables: [DataExport] {
    let layout = manager.layout
    let release = release
    return [
      DataExport("NtBuildNumber", byteCount: { _ in 4 }) { address, memory in
        try memory.store(release.ntBuildNumber(), at: address)
      },
      DataExport(pointer: "MmHighestUserAddress") { layout.userProbeAddress + -1 },
      DataExport(pointer: "MmUserProbeAddress") { layout.userProbeAddress },
      DataExport(pointer: "MmSystemRangeStart") { layout.systemRangeStart },
      DataExport(pointer: "PsInitialSystemProcess") { [processes] in processes.systemProcess },
      DataExport("KeNumberProcessors", byteCount: { _ in 1 }) { address, memory in
        try memory.store(UInt8(1), at: address)
      },
      DataExport("KeTickCount", byteCount: { _ in 12 }) { [dispatcher] address, memory in
        try memory.fill(at: address, count: 12)
        dispatcher.tickCountVariables.append(address)
      },
      // The code of the bug check that stops the system, and its parameters: none has.
      DataExport("KiBugCheckData", byteCount: { 5 * $0.pointerSize }) { address, memory in
        try memory.fill(at: address, count: 5 * memory.architecture.pointerSize)
      },
      DataExport("KdDebuggerEnabled", byteCount: { _ in 1 }) { address, memory in
        try memory.store(UInt8(0), at: address)
      },
      DataExport("KdDebuggerNotPresent", byteCount: { _ in 1 }) { address, memory in
        try memory.store(UInt8(1), at: address)
      },
      DataExport("InitSafeBootMode", byteCount: { _ in 4 }) { address, memory in
        try memory.store(UInt32(0), at: address)
      },
      DataExport("NtGlobalFlag", byteCount: { _ in 4 }) { address, memory in
        try memory.store(UInt32(0), at: address)
      },
    ]
  }
}

extension Architecture {
  /// The platform of releases that runs on the architecture.
  public var platform: Platform { self == .x86 ? .x86 : .x64 }
}

extension ObjectBehaviour {
  /// Creates the object manager's part of a release's behaviour.
  init(_ behaviour: Behaviour) {
    let dosDevices: DOSDevices =
      switch behaviour.dosDevices {
      case .ownDirectory: .directory
      case .questionMarks: .questionMarks
      case .global: .global
      }
    self.init(
      dosDevices: dosDevices,
      validAttributes: ObjectAttributeFlags(rawValue: behaviour.validObjectAttributes),
      closesCurrentProcessHandle: behaviour.closesCurrentProcessHandle
    )
  }
}

extension SecurityBehaviour.ExportsExtent {
  /// Creates an extent from a release's behaviour.
  init(_ exports: SecurityExports) {
    self =
      switch exports {
      case .nt4: .nt4
      case .windows2000: .windows2000
      case .windowsXP: .windowsXP
      case .vista: .vista
      case .windows8: .windows8
      }
  }
}
