internal import GuestABI
internal import NTStructures

/// Routines for file systems that need no state of their own, and what redirectors register.
final class FileSystemRuntime {
  private let io: IoManager
  /// The handles of the redirectors that told of themselves, with their devices' names.
  private var providers: [VirtualAddress: String] = [:]

  /// Creates the routines.
  init(_ io: IoManager) { self.io = io }

  private var memory: AddressSpace { io.memory }

  /// The routines that drivers import.
  var exports: [Export] {
    nameExports + statusExports + providerExports + stackExports + parameterExports
  }

  /// What a create request carries beside its parameters: nothing here, since no caller can add to it.
  private var parameterExports: [Export] {
    [
      export("FsRtlGetEcpListFromIrp") { [self] (irp: GuestPointer<IRP>, list: VirtualAddress) in
        try memory.store(VirtualAddress.null, at: list)
        return NTStatus.success
      },
      export("FsRtlFindExtraCreateParameter") {
        (list: VirtualAddress, type: VirtualAddress, context: VirtualAddress, size: VirtualAddress)
        in
        guard list == .null else {
          throw Unmodelled("FsRtlFindExtraCreateParameter: a list of parameters")
        }
        return NTStatus.notFound
      },
      // Processes of this machine belong to session 0.
      export("IoGetRequestorSessionId") {
        [self] (irp: GuestPointer<IRP>, session: VirtualAddress) in
        try memory.store(UInt32(0), at: session)
        return NTStatus.success
      },
    ]
  }

  private func units(_ string: GuestPointer<CountedString>) throws -> [UInt16] {
    Array(try memory.text(of: string).utf16)
  }

  private var nameExports: [Export] {
    [
      export("FsRtlDoesNameContainWildCards") { [self] (name: GuestPointer<CountedString>) in
        NameExpression.hasWildcards(try units(name))
      },
      export("FsRtlIsNameInExpression") {
        [self]
        (
          expression: GuestPointer<CountedString>,
          name: GuestPointer<CountedString>,
          ignoresCase: Bool,
          table: VirtualAddress
        ) in
        guard table == .null else { throw Unmodelled("FsRtlIsNameInExpression: UpcaseTable") }
        let name = try units(name)
        // The expression of a caller that ignores case is in upper case already.
        let folded = ignoresCase ? name.map(ObjectName.uppercase) : name
        let wanted = try units(expression)
        // What would take seconds is no name of a file.
        guard (wanted.count + 1) * (folded.count + 1) <= 1 << 22 else {
          throw Unmodelled("FsRtlIsNameInExpression: names of thousands of characters")
        }
        return NameExpression.matches(wanted, folded)
      },
      export("FsRtlAreNamesEqual") {
        [self]
        (
          first: GuestPointer<CountedString>,
          second: GuestPointer<CountedString>,
          ignoresCase: Bool,
          table: VirtualAddress
        ) in
        guard table == .null else { throw Unmodelled("FsRtlAreNamesEqual: UpcaseTable") }
        let (first, second) = (try units(first), try units(second))
        return ignoresCase
          ? first.map(ObjectName.uppercase) == second.map(ObjectName.uppercase) : first == second
      },
    ]
  }

  /// Whether a file system can go on after an exception of this kind.
  ///
  /// The corresponding kernel routine is `FsRtlIsNtstatusExpected`, whose documentation lists the
  /// others.
  private static func isExpected(_ status: NTStatus) -> Bool {
    // STATUS_INSTRUCTION_MISALIGNMENT.
    ![.datatypeMisalignment, .accessViolation, .illegalInstruction, NTStatus(0xC000_00AA)]
      .contains(status)
  }

  private var statusExports: [Export] {
    [
      export("FsRtlIsNtstatusExpected") { (status: NTStatus) in Self.isExpected(status) },
      export("FsRtlNormalizeNtstatus") { (status: NTStatus, other: NTStatus) in
        Self.isExpected(status) ? status : other
      },
    ]
  }

  /// The multiple UNC provider answers redirectors, and asks none of them: no name of a server is ever
  /// opened on this machine.
  private var providerExports: [Export] {
    [
      export("FsRtlRegisterUncProvider") {
        [self]
        (handle: VirtualAddress, device: GuestPointer<CountedString>, takesMailslots: Bool) in
        try register(handle, device)
      },
      export("FsRtlRegisterUncProviderEx") {
        [self]
        (
          handle: VirtualAddress,
          name: GuestPointer<CountedString>,
          device: GuestPointer<DeviceObject>,
          flags: UInt32
        ) in
        guard flags & ~3 == 0 else { return NTStatus.invalidParameter }
        // The provider gives the device, which has no name, the name that it registers.
        guard try !memory[device].flags.contains(.hasName) else {
          throw Unmodelled("FsRtlRegisterUncProviderEx: a device with a name of its own")
        }
        let link = SymbolicLink("\\Device\\Mup")
        let status = try io.objects.makeSymbolicLink(at: memory.text(of: name), to: link)
        return status.isSuccess ? try register(handle, name) : status
      },
      export("FsRtlDeregisterUncProvider") { [self] (handle: VirtualAddress) in
        guard providers.removeValue(forKey: handle) != nil else {
          // No documentation says what becomes of another value; redirectors pass 0 after a failure.
          guard handle == .null else {
            throw Unmodelled("FsRtlDeregisterUncProvider: a handle of no provider")
          }
          return
        }
        _ = try io.objects.close(handle)
      },
    ]
  }

  private func register(
    _ handle: VirtualAddress,
    _ device: GuestPointer<CountedString>
  ) throws -> NTStatus {
    guard providers.count < 64 else { throw Unmodelled("more than 64 redirectors") }
    let name = try memory.text(of: device)
    // FILE_ALL_ACCESS to a file object of the provider's, which nobody uses.
    let object = KernelObject(.file)
    let new = try io.objects.makeHandle(
      for: object,
      access: AccessMask(rawValue: 0x1F_01FF),
      attributes: .kernelHandle
    )
    try io.objects.dereference(object)
    providers[new] = name
    try memory.store(new, at: handle)
    return .success
  }

  private var stackExports: [Export] {
    ["FsRtlPostStackOverflow", "FsRtlPostPagingFileStackOverflow"].map { name in
      export(name) {
        [self] (context: VirtualAddress, event: VirtualAddress, routine: VirtualAddress) in
        // A thread of the kernel's own calls the routine, which sets the event.
        let call = GuestCall(routine, context.rawValue, event.rawValue)
        _ = try io.dispatcher.createThread(call)
      }
    }
  }
}
