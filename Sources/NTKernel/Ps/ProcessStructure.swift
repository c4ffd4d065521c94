public import GuestABI
public import NTReleases
internal import NTStructures

/// Processes, system threads and the version of the system: `Ps…` and a few of `Rtl…` and `Io…`.
public final class ProcessStructure {
  let memory: AddressSpace
  let dispatcher: Dispatcher
  let objects: ObjectManager
  let release: Release
  private let behaviour: Behaviour
  let manager: MemoryManager

  /// The processes whose objects exist, the system's first.
  public private(set) var processes: [Process] = []
  var nextProcessID: UInt64 = 0x100
  /// The process in which drivers are initialised.
  public var system: Process { processes[0] }
  /// The process in which drivers are initialised, as drivers see it.
  public var systemProcess: VirtualAddress { processes[0].body }
  /// The routines that want to hear of threads.
  var notifications: SystemNotifications?
  /// The processes that make requests, by the numbers that a scenario gives them.
  private var requesters: [Int: Process] = [:]

  /// Creates the system process, which is the current one.
  public init(
    manager: MemoryManager,
    dispatcher: Dispatcher,
    objects: ObjectManager,
    release: Release,
    behaviour: Behaviour
  ) throws {
    memory = manager.memory
    self.manager = manager
    self.dispatcher = dispatcher
    self.objects = objects
    self.release = release
    self.behaviour = behaviour
    _ = try add(id: 4, manager.systemSpace, dispatcher.current)
    objects.current = { [manager, dispatcher] in
      (manager.currentProcess, dispatcher.current.body)
    }
    objects.deletionRoutines[.process] = { [unowned self] in
      let body = $0.body
      processes.removeAll { $0.body == body }
      try self.manager.freeOpaque(body)
    }
    objects.deletionRoutines[.thread] = { [manager] in try manager.freeOpaque($0.body) }
  }

  /// The process that makes the requests of a number, having started it if it does not run.
  ///
  /// Routines that want to hear of it are called by ``Kernel/announceStart(of:)``.
  ///
  /// - Throws: ``Unmodelled`` if there is no room for it.
  public func requester(_ number: Int) throws -> Process {
    if let process = requesters[number], !process.hasExited { return process }
    let process = try makeProcess()
    requesters[number] = process
    return process
  }

  /// Whether the process that makes the requests of a number runs.
  public func hasRequester(_ number: Int) -> Bool {
    requesters[number].map { !$0.hasExited } ?? false
  }

  func add(id: UInt64, _ space: ProcessAddressSpace, _ thread: KernelThread) throws -> Process {
    let pointerSize = memory.architecture.pointerSize
    let place = behaviour.processIDOffset(pointerSize: pointerSize)
    let body = try manager.allocateOpaque(
      "EPROCESS",
      byteCount: 0x1000,
      modelled: [0..<DispatcherHeader.size(on: memory.architecture)]
        + (place.map { [$0..<$0 + pointerSize] } ?? [])
    )
    if let place { try memory.store(GuestWord(id), at: body + place) }
    try dispatcher.initialize(body, .process, byteCount: 0x80, signalState: 0)
    space.process = body
    objects.register(KernelObject(.process, body: body))
    objects.register(KernelObject(.thread, body: thread.body))
    let process = Process(id: id, body: body, space: space, thread: thread)
    process.startTime = dispatcher.systemTime
    processes.append(process)
    return process
  }

  /// The routines that drivers import.
  public var exports: [Export] { threadExports + versionExports + versionCheckExports }

  private var threadExports: [Export] {
    [
      export("PsCreateSystemThread") {
        [self]
        (
          handle: VirtualAddress,
          access: UInt32,
          attributes: VirtualAddress,
          process: VirtualAddress,
          clientID: VirtualAddress,
          routine: VirtualAddress,
          context: VirtualAddress
        ) in
        let owner = try owner(process, "PsCreateSystemThread")
        let thread = try dispatcher.createThread(
          GuestCall(routine, context.rawValue),
          in: owner.space
        )
        let object = KernelObject(.thread, body: thread.body)
        objects.register(object)
        try memory.store(
          objects.makeHandle(for: object, access: AccessMask(rawValue: access)),
          at: handle
        )
        if clientID != .null {
          try memory.store(GuestWord(owner.id), at: clientID)
          try memory.store(GuestWord(thread.id), at: clientID + memory.architecture.pointerSize)
        }
        return announceStart(of: thread, in: owner, then: .returned(NTStatus.success))
      },
      export("PsTerminateSystemThread") { [self] (status: NTStatus) in
        // Only a system thread may end itself so; the machine says so of others.
        try endCurrentThread()
      },
      export("PsGetCurrentProcessId") { [self] () in
        GuestWord(process(of: dispatcher.current)?.id ?? 0)
      },
    ]
  }

  /// The process that a thread is made for: the system's, or the one that a handle stands for.
  private func owner(_ handle: VirtualAddress, _ routine: String) throws -> Process {
    if handle == .null { return system }
    guard let object = objects.object(for: handle), let process = process(withBody: object.body),
      !process.hasExited
    else { throw Unmodelled("\(routine) with a handle that is no running process's") }
    return process
  }

  private var versionExports: [Export] {
    [
      export("PsGetVersion") {
        [self]
        (
          major: VirtualAddress,
          minor: VirtualAddress,
          build: VirtualAddress,
          servicePack: GuestPointer<CountedString>
        ) in
        guard let version = release.psGetVersion else {
          throw Unmodelled("PsGetVersion in \(release.name)")
        }
        let numbers = [
          (major, version.majorVersion), (minor, version.minorVersion), (build, version.build),
        ]
        for (place, number) in numbers where place != .null {
          try memory.store(UInt32(number), at: place)
        }
        if !servicePack.isNull {
          // The string is the kernel's own: the caller does not free it.
          let units = Array(version.csdVersion.utf16)
          guard
            let buffer = try manager.allocatePool(units.count * 2 + 2, .nonpaged, tag: 0x4453_4373)
          else { return false }
          for (index, unit) in (units + [0]).enumerated() {
            try memory.store(unit, at: buffer + index * 2)
          }
          try memory.set(
            servicePack,
            buffer: buffer,
            length: units.count * 2,
            maximumLength: units.count * 2 + 2
          )
        }
        // The kernels are the free builds.
        return false
      },
      export("RtlGetVersion") { [self] (information: VirtualAddress) in
        try getVersion(information)
      },
      export("IoIsWdmVersionAvailable") { [self] (major: UInt8, minor: UInt8) in
        let version = behaviour.wdmVersion
        return (major, minor) <= (version.major, version.minor)
      },
    ]
  }

  /// Fills in an `RTL_OSVERSIONINFOW` or `RTL_OSVERSIONINFOEXW`.
  ///
  /// The corresponding kernel routine is `RtlGetVersion`; the layouts are the same on both
  /// architectures: five numbers, 128 characters, then the fields of the longer structure.
  private func getVersion(_ information: VirtualAddress) throws -> NTStatus {
    guard let version = release.rtlGetVersion else {
      throw Unmodelled("RtlGetVersion in \(release.name)")
    }
    let size = try memory.load(UInt32.self, at: information)
    let fields = [version.majorVersion, version.minorVersion, version.build, 2]
    for (index, field) in fields.enumerated() {
      try memory.store(UInt32(field), at: information + (4 + index * 4))
    }
    try memory.fill(at: information + 20, count: 256)
    for (index, unit) in version.csdVersion.utf16.prefix(127).enumerated() {
      try memory.store(unit, at: information + (20 + index * 2))
    }
    if size == 284 {
      // Service pack, then the suite mask, the product type (a workstation) and a reserved byte.
      try memory.store(UInt16(release.servicePack), at: information + 276)
      try memory.store(UInt16(0), at: information + 278)
      try memory.store(UInt16(0x100), at: information + 280)
      try memory.store(UInt8(1), at: information + 282)
      try memory.store(UInt8(0), at: information + 283)
    }
    return .success
  }
}
