public import GuestABI
internal import NTStructures

extension InterruptTable {
  /// The routines that drivers import to serve interrupts.
  public var exports: [Export] { connectingExports + synchronizingExports }

  private var connectingExports: [Export] {
    [
      export("IoConnectInterrupt") {
        [self]
        (
          object: GuestPointer<VirtualAddress>,
          routine: VirtualAddress,
          context: VirtualAddress,
          lock: VirtualAddress,
          vector: UInt32,
          level: IRQL,
          synchronizeLevel: IRQL,
          mode: UInt32,
          isShared: Bool,
          affinity: GuestWord,
          savesFloatingPoint: Bool
        ) in
        try connect(
          object,
          Line(
            vector: vector,
            level: level,
            synchronizeLevel: synchronizeLevel,
            isLatched: mode == 1,
            isShared: isShared,
            affinity: affinity.rawValue
          ),
          routine: routine,
          context: context,
          lock: lock
        )
      },
      export("IoDisconnectInterrupt") { [self] (object: VirtualAddress) in
        try disconnect(required(object, "IoDisconnectInterrupt"))
      },
      export("IoConnectInterruptEx") { [self] (parameters: VirtualAddress) in
        try connect(parameters)
      },
      export("IoDisconnectInterruptEx") { [self] (parameters: VirtualAddress) in
        // IO_DISCONNECT_INTERRUPT_PARAMETERS: the version, and the object.
        let object: VirtualAddress = try memory.load(
          at: parameters + memory.architecture.pointerSize
        )
        try disconnect(required(object, "IoDisconnectInterruptEx"))
      },
    ]
  }

  private var synchronizingExports: [Export] {
    [
      export("KeSynchronizeExecution") {
        [self]
        (
          object: VirtualAddress,
          routine: GuestFunction<Bool, VirtualAddress>,
          context: VirtualAddress
        ) in
        let connection = try required(object, "KeSynchronizeExecution")
        let old = try raise(for: connection)
        return routine.call(context) { [self] result in
          try dispatcher.releaseSpinLock(connection.lock)
          try dispatcher.setIRQL(old)
          return .returned(result)
        }
      },
      export("KeAcquireInterruptSpinLock") { [self] (object: VirtualAddress) in
        try raise(for: required(object, "KeAcquireInterruptSpinLock"))
      },
      export("KeReleaseInterruptSpinLock") { [self] (object: VirtualAddress, old: IRQL) in
        let connection = try required(object, "KeReleaseInterruptSpinLock")
        try dispatcher.releaseSpinLock(connection.lock)
        try dispatcher.setIRQL(old)
      },
    ]
  }

  /// What is to be known of an interrupt line to connect it.
  struct Line {
    let vector: UInt32
    let level: IRQL
    let synchronizeLevel: IRQL
    let isLatched: Bool
    let isShared: Bool
    let affinity: UInt64
  }

  private func required(_ object: VirtualAddress, _ routine: String) throws -> Connection {
    guard let connection = connection(object) else {
      throw Unmodelled("\(routine) of an interrupt that is not connected")
    }
    return connection
  }

  /// Goes to the level of an interrupt and takes its lock.
  ///
  /// - Returns: The level before.
  private func raise(for connection: Connection) throws -> IRQL {
    let old = dispatcher.irql
    let level = connection.synchronizeLevel
    guard level >= old else {
      throw BugCheck(.irqlNotGreaterOrEqual, UInt64(old.rawValue), UInt64(level.rawValue))
    }
    try dispatcher.setIRQL(level)
    try dispatcher.acquireSpinLock(connection.lock)
    return old
  }

  /// Connects a routine to an interrupt line.
  ///
  /// - Returns: `STATUS_INVALID_PARAMETER` if the line is for no processor, or somebody has it and does
  ///   not share it; `STATUS_INSUFFICIENT_RESOURCES` without pool for the object.
  func connect(
    _ result: GuestPointer<VirtualAddress>,
    _ line: Line,
    routine: VirtualAddress,
    context: VirtualAddress,
    lock: VirtualAddress
  ) throws -> NTStatus {
    // The one processor is the first.
    guard line.affinity & 1 != 0, line.synchronizeLevel >= line.level else {
      return .invalidParameter
    }
    guard line.level > .dispatch else {
      throw Unmodelled("IoConnectInterrupt at a level that is not a device's")
    }
    let others = connections.filter { $0.vector == line.vector }
    guard others.isEmpty || line.isShared && others.allSatisfy(\.isShared) else {
      return .invalidParameter
    }
    guard connections.count < 1024 else { return .insufficientResources }
    let object = try manager.allocateOpaque("KINTERRUPT", byteCount: 0x400, modelled: [])
    connect(
      Connection(
        object: object,
        vector: line.vector,
        level: line.level,
        synchronizeLevel: line.synchronizeLevel,
        isShared: line.isShared,
        isLatched: line.isLatched,
        routine: routine,
        context: context,
        // Without a lock of the driver's, the one in the object is used.
        lock: lock == .null ? object + 0x200 : lock,
        caller: manager.context.caller
      )
    )
    try memory.store(object, at: result.address)
    return .success
  }

  /// Connects what `IO_CONNECT_INTERRUPT_PARAMETERS` describe.
  private func connect(_ parameters: VirtualAddress) throws -> NTStatus {
    let view = memory[GuestPointer<InterruptParameters>(parameters)]
    let version = try view.version
    let level = try view.level
    // A level that is not given is the line's own.
    func synchronizeLevel(_ own: IRQL) throws -> IRQL {
      let given = try view.synchronizeLevel
      return given == .passive ? own : given
    }
    let line: Line
    switch version {
    case 1, 4:  // CONNECT_FULLY_SPECIFIED, and with a group.
      if version == 4, try view.group != 0 { return .invalidParameter }
      line = try Line(
        vector: view.vector,
        level: level,
        synchronizeLevel: synchronizeLevel(level),
        isLatched: view.mode == 1,
        isShared: view.isShared,
        affinity: view.affinity.rawValue
      )
    case 2, 3:  // CONNECT_LINE_BASED, CONNECT_MESSAGE_BASED.
      guard let found = try lineOfDevice?.line(of: view.device) else {
        throw Unmodelled("IoConnectInterruptEx for a device without a known interrupt line")
      }
      if version == 3 {
        // The device has a line and no messages: its driver's routine for that case is connected.
        let fallBack = try view.fallBackRoutine
        guard fallBack != .null else { return .notFound }
        try memory.store(UInt32(2), at: parameters)
        line = found
        return try connect(
          GuestPointer(view.object),
          line,
          routine: fallBack,
          context: view.context,
          lock: view.lock
        )
      }
      line = found
    default: throw Unmodelled("IoConnectInterruptEx of version \(version)")
    }
    return try connect(
      GuestPointer(view.object),
      line,
      routine: view.routine,
      context: view.context,
      lock: view.lock
    )
  }
}

/// What knows the interrupt lines that devices were started with.
protocol InterruptLineSource: AnyObject {
  /// Returns the interrupt line of a physical device object, or nil if it has none.
  func line(of device: VirtualAddress) throws -> InterruptTable.Line?
}

/// `IO_CONNECT_INTERRUPT_PARAMETERS`.
struct InterruptParameters: GuestStructure {
  let version = Field<UInt32>(x86: 0x00, x64: 0x00)
  let device = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  /// Where the interrupt object is to be stored.
  let object = Field<VirtualAddress>(x86: 0x08, x64: 0x10)
  let routine = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  let context = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  let lock = Field<VirtualAddress>(x86: 0x14, x64: 0x28)
  let synchronizeLevel = Field<IRQL>(x86: 0x18, x64: 0x30)
  let isShared = Field<Bool>(x86: 0x1A, x64: 0x32)
  let vector = Field<UInt32>(x86: 0x1C, x64: 0x34)
  /// In place of the vector, for messages.
  let fallBackRoutine = Field<VirtualAddress>(x86: 0x1C, x64: 0x38)
  let level = Field<IRQL>(x86: 0x20, x64: 0x38)
  let mode = Field<UInt32>(x86: 0x24, x64: 0x3C)
  let affinity = Field<GuestWord>(x86: 0x28, x64: 0x40)
  let group = Field<UInt16>(x86: 0x2C, x64: 0x48)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x30 : 0x50 }
}
