public import GuestABI
public import NTReleases
internal import NTStructures

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
  public let power: PowerManager
  public let plugAndPlay: PlugAndPlay
  public let wmi: WMIRegistry
  package let exceptions: ExceptionDispatcher
  let sections: Sections
  let security: SecurityMonitor
  let executive: Executive
  let resources: ResourceTable
  let fastMutexes: FastMutexes
  let lookasideLists: LookasideLists
  let workItems: WorkItems
  let files: FileServices
  let fileSystems: FileSystems
  let fileSystemRuntime: FileSystemRuntime
  let fileLocks: FileLocks
  let cache: CacheManager
  let fastIO: FastIO
  let oplocks: Oplocks
  let notifyLists: NotifyLists
  let systemVolume: SystemVolume
  let errorLog: ErrorLog
  let bugCheckCallbacks: BugCheckCallbacks
  let criticalRegions: CriticalRegions
  let rundownProtection: RundownProtection
  let processLookUp: ProcessLookUp
  let attachment: ProcessAttachment
  let notifications: SystemNotifications
  let callbackObjects: CallbackObjects
  let sharedSpinLocks: SharedSpinLocks
  let affinities: ThreadAffinities
  let extendedAffinities: ExtendedAffinities
  let systemQueries: SystemQueries
  let processFacts: ProcessFacts
  let processHandles: ProcessHandles
  let processCopying: ProcessCopying
  let userMemory: UserMemory
  let memorySections: MemorySections
  let auditing: SecurityAuditing
  let zones: Zones
  let processorChanges: ProcessorChanges
  let systemFeatures: SystemFeatures
  let regionLocks: RegionLocks
  let pushLocks: PushLocks
  let executiveTimers: ExecutiveTimers
  let tokens: Tokens
  /// The ports and the devices of the machine.
  public let bus = PCIBus()
  public let interrupts: InterruptTable
  let hal: HardwareAbstractionLayer
  let buses: HALBuses
  let resourceUsage: ResourceUsage
  let hardwareDescription: HardwareDescription
  let adapters: DMAAdapters
  let runtime: RuntimeLibrary
  let network: NetworkModules
  let lookUp: RoutineLookUp
  let usbLibrary: USBLibrary
  let wmiLibrary: WMILibrary
  let traceRecorder: TraceRecorder
  let videoPort: VideoPort
  let systemInformation: SystemInformation
  let waitableObjects: WaitableObjects
  let objectCallbacks: ObjectCallbacks
  let eventTracing: EventTracing
  let release: Release

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
    waitableObjects = WaitableObjects(
      objects: objects,
      dispatcher: dispatcher,
      manager: manager
    )
    objectCallbacks = ObjectCallbacks(objects: objects, pool: manager)
    eventTracing = EventTracing(dispatcher: dispatcher)
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
    power = PowerManager(io: io, behaviour: behaviour)
    plugAndPlay = PlugAndPlay(
      io: io,
      registry: registry,
      power: power,
      pci: bus,
      behaviour: behaviour
    )
    wmi = WMIRegistry(io: io, behaviour: behaviour)
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
    systemVolume = SystemVolume(io, VolumeNames(behaviour))
    files = FileServices(io, systemVolume: systemVolume)
    fileSystems = FileSystems(
      io,
      systemVolume,
      tellsOfPresent: behaviour.fsRegistrationChangeTellsOfPresent,
      refusesRepetition: behaviour.fsRegistrationChangeRefusesRepetition
    )
    fileSystemRuntime = FileSystemRuntime(io)
    fileLocks = FileLocks(io)
    cache = CacheManager(files)
    fastIO = FastIO(cache, resources)
    oplocks = Oplocks(io)
    notifyLists = NotifyLists(io)
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
    notifications = SystemNotifications(manager, functionTables: exceptions.functionTables)
    processes.notifications = notifications
    drivers.notifications = notifications
    callbackObjects = try CallbackObjects(manager: manager, objects: objects)
    sharedSpinLocks = SharedSpinLocks(dispatcher)
    affinities = ThreadAffinities(dispatcher)
    extendedAffinities = ExtendedAffinities(dispatcher)
    systemQueries = SystemQueries(dispatcher, manager: manager, processes: processes)
    processHandles = ProcessHandles(processes, dispatcher: dispatcher, objects: objects)
    memorySections = MemorySections(manager: manager, objects: objects, processes: processes)
    sections.memorySections = memorySections
    auditing = SecurityAuditing(memory: memory)
    zones = Zones(memory: memory)
    userMemory = UserMemory(processes, manager: manager, objects: objects)
    processCopying = ProcessCopying(processes, manager: manager)
    processorChanges = ProcessorChanges(manager)
    systemFeatures = SystemFeatures(dispatcher, manager: manager)
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
    bus.add(GuestDevice(ram).function)
    processor.ports = bus
    hal = HardwareAbstractionLayer(memory: memory, ports: bus)
    buses = HALBuses(manager: manager, bus: bus)
    resourceUsage = ResourceUsage(memory: memory)
    hardwareDescription = HardwareDescription(memory: memory)
    interrupts = InterruptTable(manager: manager, dispatcher: dispatcher)
    dispatcher.interrupts = interrupts
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
    usbLibrary = USBLibrary(manager)
    wmiLibrary = WMILibrary(io)
    traceRecorder = TraceRecorder(manager, registry)
    videoPort = VideoPort(io, registry)
    lookUp = RoutineLookUp(
      memory: memory,
      release: release,
      behaviour: behaviour,
      addressOfExport: addressOfExport
    )
    runtime = RuntimeLibrary(
      memory: memory,
      pool: manager,
      understandsLongLong: behaviour.formatsUnderstandLongLong ? true : nil
    ) { [weak sink] text in
      sink?.record(.debugPrint(text))
    }
    network = NetworkModules(
      io,
      manager,
      dispatcher,
      objects,
      registry,
      release: release,
      addressOfRoutine: addressOfExport
    )
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

  /// Puts a driver's file on the system's volume, where drivers are kept.
  public func addDriverFile(_ name: String, _ bytes: [UInt8]) {
    systemVolume.addDriverFile(name, bytes)
  }
}
