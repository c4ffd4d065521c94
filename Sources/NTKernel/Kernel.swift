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
  private let sections: Sections
  private let security: SecurityMonitor
  private let executive: Executive
  private let resources: ResourceTable
  private let fastMutexes: FastMutexes
  private let lookasideLists: LookasideLists
  private let workItems: WorkItems
  let files: FileServices
  private let fileSystems: FileSystems
  private let fileSystemRuntime: FileSystemRuntime
  private let fileLocks: FileLocks
  private let cache: CacheManager
  private let fastIO: FastIO
  private let oplocks: Oplocks
  private let notifyLists: NotifyLists
  let systemVolume: SystemVolume
  private let errorLog: ErrorLog
  private let bugCheckCallbacks: BugCheckCallbacks
  private let criticalRegions: CriticalRegions
  private let rundownProtection: RundownProtection
  private let processLookUp: ProcessLookUp
  private let attachment: ProcessAttachment
  let notifications: SystemNotifications
  let callbackObjects: CallbackObjects
  private let sharedSpinLocks: SharedSpinLocks
  private let affinities: ThreadAffinities
  private let extendedAffinities: ExtendedAffinities
  private let systemQueries: SystemQueries
  private let processFacts: ProcessFacts
  private let processHandles: ProcessHandles
  private let processCopying: ProcessCopying
  private let userMemory: UserMemory
  private let memorySections: MemorySections
  private let auditing: SecurityAuditing
  private let zones: Zones
  private let processorChanges: ProcessorChanges
  private let systemFeatures: SystemFeatures
  private let regionLocks: RegionLocks
  private let pushLocks: PushLocks
  private let executiveTimers: ExecutiveTimers
  private let tokens: Tokens
  /// The ports and the devices of the machine.
  public let bus = PCIBus()
  public let interrupts: InterruptTable
  private let hal: HardwareAbstractionLayer
  private let buses: HALBuses
  private let resourceUsage: ResourceUsage
  private let hardwareDescription: HardwareDescription
  private let adapters: DMAAdapters
  private let runtime: RuntimeLibrary
  let network: NetworkModules
  private let lookUp: RoutineLookUp
  private let usbLibrary: USBLibrary
  private let wmiLibrary: WMILibrary
  private let traceRecorder: TraceRecorder
  private let videoPort: VideoPort
  private let systemInformation: SystemInformation
  private let waitableObjects: WaitableObjects
  private let objectCallbacks: ObjectCallbacks
  private let eventTracing: EventTracing
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

  /// Tells the drivers that a process starts which makes requests, in the thread of its parent.
  ///
  /// Where a driver would get the program's file, and there is no volume that has one, the process counts
  /// as older than the driver.
  ///
  /// - Returns: What is to be done first.
  /// - Throws: A `GuestFault` if the kernel's own memory cannot be written.
  public func announceStart(of process: Process) throws -> Completion {
    let needsFile = notifications.processRoutines.contains(where: \.isExtended)
    let file = needsFile ? try programFile() : .null
    guard file != .null || !needsFile else { return .done }
    return try notifications.processStarts(
      process,
      parent: processes.system,
      file: file,
      then: .done
    )
  }

  /// Whether any driver wants to hear of processes or threads that start.
  public var hearsOfProcesses: Bool {
    !notifications.processRoutines.isEmpty || notifications.hearsOfThreads
  }

  /// Makes a file object for the file of a program, or returns null where there is no volume.
  private func programFile() throws -> VirtualAddress {
    let lookup: Lookup
    do {
      lookup = try objects.object(at: "\\Device\\HarddiskVolume1")
    } catch is Unmodelled {
      return .null
    }
    guard let device = lookup.object, device.kind == .device else { return .null }
    let file = try io.makeFile(for: GuestPointer(device.body))
    let text = Process.fileName.littleEndianUTF16
    guard let buffer = try manager.allocatePool(text.count + 2, .paged, tag: 0x656C_6946) else {
      throw Unmodelled("running out of memory for the name of a program")
    }
    try memory.store(bytes: text + [0, 0], at: buffer)
    let name = file.address + (memory.architecture == .x86 ? 0x30 : 0x58)
    try memory.set(
      GuestPointer<CountedString>(name),
      buffer: buffer,
      length: text.count,
      maximumLength: text.count + 2
    )
    return file.address
  }

  /// Tells the drivers that the current process ends, before its handles are closed.
  ///
  /// - Returns: What is to be done first.
  /// - Throws: A `GuestFault` if an APC of the process's thread can no longer be read.
  public func announceExit() throws -> Completion {
    guard let process = processes.process(of: dispatcher.current) else { return .done }
    let end = try dispatcher.runDownAPCs(of: process.thread, then: .done)
    let ends = notifications.processEnds(process, parent: processes.system.id, then: end)
    return notifications.thread(process.thread.id, of: process.id, starts: false, then: ends)
  }

  /// Closes the files that a process which ends has open, which its other handles outlive.
  public func closeFiles(of process: Process) throws -> Completion {
    try files.closeFiles(ofProcess: process.body)
  }

  /// Puts a driver's file on the system's volume, where drivers are kept.
  public func addDriverFile(_ name: String, _ bytes: [UInt8]) {
    systemVolume.addDriverFile(name, bytes)
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
      lookUp.exports, systemInformation.exports, buses.exports, interrupts.exports,
      resourceUsage.exports, hardwareDescription.exports, dispatcher.processorFeatureExports,
      interrupts.systemExports,
      // Of two declarations with one name, the later counts.
      resources.exports, fastMutexes.exports, lookasideLists.exports, workItems.exports,
      io.deviceQueueExports, io.startIOExports, io.buildingExports, io.packetExports,
      files.createExports, files.closingExports, files.exports, files.waitExports,
      files.shareExports, fileSystems.exports, fileSystemRuntime.exports, fileLocks.exports,
      files.streamExports, manager.fileSystemPoolExports,
      files.nameExports, cache.exports, fastIO.exports, oplocks.exports,
      notifyLists.exports, dispatcher.relationshipExports,
      io.hostedExports, io.removeLockExports, errorLog.exports,
      dispatcher.queuedLockExports, dispatcher.machineExports, bugCheckCallbacks.exports,
      criticalRegions.exports, rundownProtection.exports, processLookUp.exports,
      attachment.exports, notifications.exports, manager.pageExports, manager.copyExports,
      usbLibrary.exports, wmiLibrary.exports, traceRecorder.exports, videoPort.exports,
      manager.mappingExports, exceptions.exceptionExports, adapters.exports,
      dispatcher.queueExports, dispatcher.apcExports, callbackObjects.exports,
      sharedSpinLocks.exports,
      affinities.exports, extendedAffinities.exports, dispatcher.threadExports,
      dispatcher.crossProcessorExports,
      drivers.exports, io.attachingExports, modules.exports,
      systemQueries.exports, processFacts.exports, dispatcher.mutantExports, regionLocks.exports,
      io.stackExports,
      plugAndPlay.exports,
      power.exports,
      wmi.exports,
      pushLocks.exports,
      executiveTimers.exports,
      tokens.exports,
      processHandles.exports,
      processCopying.exports,
      userMemory.exports,
      memorySections.exports,
      auditing.exports,
      zones.exports,
      KernelDebugger.exports,
      KernelDebugger.counterExports,
      rundownProtection.cacheAwareExports(manager),
      processorChanges.exports,
      systemFeatures.exports,
      waitableObjects.exports,
      objects.taggedExports,
      objects.queryExports,
      objects.handleExports,
      objectCallbacks.exports,
      registry.callbacks.exports,
      registry.laterExports,
      eventTracing.exports,
      security.objectExports,
      network.exports,
    ].flatMap { $0 }
  }

  /// The variables that drivers can import, whatever the release exports of them.
  public var dataExports: [DataExport] {
    systemVariables + objects.dataExports + security.dataExports + modules.dataExports
      + interrupts.systemDataExports
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

extension VolumeNames {
  /// Creates the names of a release.
  init(_ behaviour: Behaviour) {
    let partition = "\\Device\\Harddisk0\\Partition1"
    let hasVolumes = behaviour.systemVolumeIsHarddiskVolume
    self.init(
      device: hasVolumes ? "\\Device\\HarddiskVolume1" : partition,
      alias: hasVolumes ? partition : nil,
      systemDirectory: behaviour.systemDirectoryName
    )
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
