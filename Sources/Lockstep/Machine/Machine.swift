internal import Findings
public import GuestABI
public import GuestEngine
public import NTKernel
public import NTReleases

/// One computer: a release of the kernel, its memory and its processor.
///
/// A machine belongs to the task that creates it. It is deliberately not `Sendable`; what leaves it
/// are values: an ``Outcome``, and what its ``trace`` holds.
public final class Machine {
  /// What makes one machine differ from another.
  public struct Configuration: Sendable {
    public var release: Release
    public var architecture: Architecture
    /// How documents of releases before NT 4.0 SP4 are read (KD-002).
    public var reading: Reading
    /// What decides the order of physical pages.
    public var seed: UInt64
    /// The most instructions that the guest may execute in all.
    ///
    /// A call of a kernel routine counts as a hundred.
    public var budget: UInt64
    /// The bytes of physical memory.
    public var memorySize: Int

    /// Creates a configuration.
    public init(
      release: Release,
      architecture: Architecture,
      reading: Reading = .literal,
      seed: UInt64 = 1,
      budget: UInt64 = 20_000_000,
      memorySize: Int = 128 << 20
    ) {
      self.release = release
      self.architecture = architecture
      self.reading = reading
      self.seed = seed
      self.budget = budget
      self.memorySize = memorySize
    }
  }

  /// What a processor needs to know of the machine that it is made for.
  public struct ProcessorSetUp {
    public let memory: AddressSpace
    public let processor: ProcessorState
    /// Where the descriptor table is.
    public let descriptorTable: VirtualAddress
    public let descriptorTableSize: Int
    /// The addresses that stop the processor, 16 bytes apart.
    public let exportSlots: Range<VirtualAddress>
  }

  /// Makes a processor.
  public typealias EngineFactory = @Sendable (ProcessorSetUp) throws -> any Engine

  public let configuration: Configuration
  public let kernel: Kernel
  /// What happened so far.
  public let trace = Trace()

  let engine: any Engine
  // The kernel's, where getting them costs no reference count.
  let memory: AddressSpace
  let manager: MemoryManager
  let dispatcher: Dispatcher
  let context: CallContext
  let layout: MachineLayout
  let routines: ExportTable
  let resolver: RoutineResolver
  /// The images that are loaded.
  var images: [LoadedImage] = []
  /// The drivers that can be loaded when another one needs them.
  var available: [AvailableDriver] = []
  /// The drivers that another one wanted in vain.
  var loadFailures: [(file: String, failure: LoadFailure)] = []
  /// Every image that was ever loaded, so that addresses can be named when it is gone.
  var imageHistory: [LoadedImage] = []
  /// The imports of which it is not known whether the release has them, with their modules.
  var unlistedImports: [String] = []
  let variables: ExportedVariables
  let names: KernelNames
  let routineRules: RoutineRules
  /// The last NULL that a routine returned to a driver.
  var lastNull: ReturnedNull?
  /// The calls of kernel routines so far.
  var routineCalls: UInt64 = 0
  /// Whether the guest goes on from calls of what is not modelled, with a default result.
  var continuesPastUnmodelled = false
  /// The calls from which it has gone on.
  var passedCalls: [PassedCall] = []
  /// The times that the guest waited for an interrupt.
  var haltCount = 0
  /// The last page fault that was not resolved.
  var lastFault: GuestFault?
  /// The instruction that raised it.
  var faultPlace = VirtualAddress.null

  /// How routines fail, by their indices.
  let failureModes: [FailureMode?]
  /// The calls that are to fail, if any are.
  var injection: FaultInjection?

  /// The registers of the thread that runs.
  var registers = CallFrame.Registers()
  /// What the thread that runs returns to, the innermost last.
  var frames: [Frame] = []
  /// The threads that do not run, by their numbers.
  var parked: [Int: ParkedThread] = [:]

  /// Creates a machine that has just started.
  ///
  /// - Throws: `OutOfHostMemory` or `EngineError` if the host cannot provide what it needs.
  public init(_ configuration: Configuration, makeEngine: EngineFactory) throws {
    self.configuration = configuration
    // The kernel hands out addresses of routines that are bound once its parts exist.
    let names = KernelNames(configuration.release, configuration.architecture.platform)
    self.names = names
    kernel = try Kernel(
      Kernel.Configuration(
        release: configuration.release,
        architecture: configuration.architecture,
        reading: configuration.reading,
        seed: configuration.seed,
        memorySize: configuration.memorySize
      ),
      sink: trace,
      addressOfExport: { try names.address(of: $0) }
    )
    memory = kernel.memory
    manager = kernel.manager
    dispatcher = kernel.dispatcher
    context = kernel.context
    layout = MachineLayout(kernel.manager.layout)
    try layout.setUp(kernel.manager)
    let exports = kernel.exports
    let indices = Dictionary(
      exports.enumerated().map { ($1.name, $0) },
      uniquingKeysWith: { $1 }
    )
    let modes = Dictionary(
      kernel.failureModes.map { ($0.name, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    failureModes = exports.map { modes[$0.name] }
    routines = ExportTable(exports)
    routineRules = RoutineRules(exports.map(\.name))
    resolver = try RoutineResolver(
      layout,
      memory: kernel.memory,
      indexOfRoutine: { indices[$0] }
    )
    variables = ExportedVariables(kernel.dataExports, layout)
    names.resolver = resolver
    names.variables = variables
    names.memory = kernel.memory
    engine = try makeEngine(
      ProcessorSetUp(
        memory: kernel.memory,
        processor: kernel.processor,
        descriptorTable: layout.descriptorTable,
        descriptorTableSize: MachineLayout.descriptorTableSize,
        exportSlots: layout.exportSlots
      )
    )
    if configuration.architecture == .x64 {
      engine[.gsBase] = kernel.manager.layout.processorControlRegion.rawValue
    }
    try addSystemImages()
    try setUpSystemCalls()
    kernel.exceptions.host = self
    kernel.drivers.loader = self
    registers.rsp = kernel.dispatcher.current.stack.upperBound.rawValue - 0x40
  }

  /// Returns where the guest finds a routine or variable of the kernel, whether or not the release
  /// exports it.
  ///
  /// - Throws: `Unmodelled` if there is no room for it.
  public func address(ofExport name: String) throws -> VirtualAddress {
    try names.address(of: name)
  }

  /// The instructions that the guest has executed.
  public var instructionCount: UInt64 { engine.instructionCount }
}

/// What resolves names once the machine exists, for a kernel that is made before.
final class KernelNames {
  var resolver: RoutineResolver?
  var variables: ExportedVariables?
  var memory: AddressSpace?
  private let release: Release
  private let platform: Platform

  init(_ release: Release, _ platform: Platform) {
    self.release = release
    self.platform = platform
  }

  /// Returns the address of a routine or variable of the kernel, or of the HAL if only it exports the
  /// name.
  func address(of name: String) throws -> VirtualAddress {
    func isExported(by module: ExportModule) -> Bool {
      ExportHistory.availability(of: name, in: module, by: release, on: platform).isExported
    }
    let isHAL = isExported(by: .hal) && !isExported(by: .kernel)
    return try address(of: name, in: isHAL ? .hal : .kernel)
  }

  /// Returns the address of a routine or variable in one of the two images.
  func address(of name: String, in module: ExportModule) throws -> VirtualAddress {
    guard let resolver, let variables, let memory else {
      throw Unmodelled("\(name) before the kernel has started")
    }
    if !variables.isModelled(name), let routine = try resolver.address(of: name, in: module) {
      return routine
    }
    return try variables.address(of: name, in: module, memory)
  }

  /// Returns an address that is never mapped, for something that is known to be needed by this name
  /// only.
  func addressOfUnmodelled(_ name: String) throws -> VirtualAddress {
    guard let variables, let memory else {
      throw Unmodelled("\(name) before the kernel has started")
    }
    return try variables.address(of: name, in: .kernel, memory)
  }
}
