public import GuestABI
public import NTReleases
internal import NTStructures

/// Processes, system threads and the version of the system: `Ps…` and a few of `Rtl…` and `Io…`.
public final class ProcessStructure {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private let objects: ObjectManager
  private let release: Release
  private let behaviour: Behaviour
  private let manager: MemoryManager

  /// The process in which drivers are initialised.
  public let systemProcess: VirtualAddress
  /// The process that makes requests.
  public let userProcess: VirtualAddress

  /// Creates two processes, of which the system's is the current one.
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
    systemProcess = try Self.makeProcess(manager, dispatcher)
    userProcess = try Self.makeProcess(manager, dispatcher)
    manager.currentProcess = systemProcess
    for process in [systemProcess, userProcess] {
      objects.register(KernelObject(.process, body: process))
    }
    objects.register(KernelObject(.thread, body: dispatcher.current.body))
    objects.currentProcess = objects.object(withBody: systemProcess)
    objects.currentThread = objects.object(withBody: dispatcher.current.body)
  }

  /// The bytes of a process object.
  ///
  /// Its fields but the dispatcher header are opaque.
  private static func makeProcess(
    _ manager: MemoryManager,
    _ dispatcher: Dispatcher
  ) throws -> VirtualAddress {
    let body = try manager.allocateOpaque(
      "EPROCESS",
      byteCount: 0x1000,
      modelled: [0..<DispatcherHeader.size(on: manager.memory.architecture)]
    )
    try dispatcher.initialize(body, .process, byteCount: 0x80, signalState: 0)
    return body
  }

  /// Makes a process the current one.
  public func enter(_ process: VirtualAddress) {
    manager.currentProcess = process
    objects.currentProcess = objects.object(withBody: process)
  }

  /// The routines that drivers import.
  public var exports: [Export] { threadExports + versionExports }

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
        let thread = try dispatcher.createThread(GuestCall(routine, context.rawValue))
        let object = KernelObject(.thread, body: thread.body)
        objects.register(object)
        try memory.store(
          objects.makeHandle(for: object, access: AccessMask(rawValue: access)),
          at: handle
        )
        if clientID != .null {
          try memory.store(GuestWord(4), at: clientID)
          try memory.store(GuestWord(thread.id), at: clientID + memory.architecture.pointerSize)
        }
        return NTStatus.success
      },
      export("PsTerminateSystemThread") { (status: NTStatus) in Completion.exitThread },
      export("PsGetCurrentProcessId") { [self] () in
        GuestWord(manager.currentProcess == systemProcess ? 4 : 0x100)
      },
    ]
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
            let buffer = manager.allocatePool(units.count * 2 + 2, .nonpaged, tag: 0x4453_4373)
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
