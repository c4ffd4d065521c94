internal import GuestABI
internal import NTReleases
internal import NTStructures

/// The tokens of processes and threads.
///
/// The system process has the system's token, every other that of an administrator, who is also
/// whom ``SecurityBehaviour/enabledPrivileges`` describes.
final class Tokens {
  /// What a thread impersonates.
  struct Impersonation {
    let token: KernelObject
    let copyOnOpen: Bool
    let effectiveOnly: Bool
    let level: Token.Level
  }

  let memory: AddressSpace
  let manager: MemoryManager
  let objects: ObjectManager
  let dispatcher: Dispatcher
  let processes: ProcessStructure
  let security: SecurityMonitor
  let features: Token.Features
  /// The token of each process, by its object.
  private var primary: [VirtualAddress: KernelObject] = [:]
  private var impersonations: [VirtualAddress: Impersonation] = [:]
  /// The threads that do not impersonate for a while, though they have a token.
  var disabled: Set<VirtualAddress> = []
  private var nextID: UInt64 = 0x3E8
  /// What was returned of users and not freed.
  var userDescriptions: Set<VirtualAddress> = []
  /// The routines that want to hear of the end of logon sessions, which never end here.
  var logonRoutines: [VirtualAddress] = []

  static var tag: UInt32 { 0x6B6F_5465 }  // eTok
  private static var limit: Int { 10_000 }

  /// Creates the tokens of a kernel.
  init(
    manager: MemoryManager,
    objects: ObjectManager,
    dispatcher: Dispatcher,
    processes: ProcessStructure,
    security: SecurityMonitor
  ) {
    memory = manager.memory
    self.manager = manager
    self.objects = objects
    self.dispatcher = dispatcher
    self.processes = processes
    self.security = security
    let behaviour = manager.behaviour
    features = Token.Features(
      hasAuthenticatedUsersGroup: behaviour.hasAuthenticatedUsersGroup,
      hasIntegrityLevels: behaviour.hasIntegrityLevels,
      lastPrivilege: Self.lastPrivilege(behaviour.securityExports)
    )
    let deletesProcess = objects.deletionRoutines[.process]
    objects.deletionRoutines[.process] = { [unowned self] in
      try forget($0.body)
      try deletesProcess?($0)
    }
    let deletesThread = objects.deletionRoutines[.thread]
    objects.deletionRoutines[.thread] = { [unowned self] in
      try setImpersonation(nil, of: $0.body)
      try deletesThread?($0)
    }
  }

  /// The privileges come with the releases that add them to `SE_EXPORTS`.
  private static func lastPrivilege(_ exports: SecurityExports) -> Privilege {
    switch exports {
    case .nt4: .remoteShutdown
    case .windows2000: .enableDelegation
    case .windowsXP: .createGlobal
    case .vista, .windows8: .createSymbolicLink
    }
  }

  func makeID() -> UInt64 {
    nextID += 1
    return nextID
  }

  private func forget(_ process: VirtualAddress) throws {
    guard let token = primary.removeValue(forKey: process) else { return }
    try objects.dereference(token)
  }

  /// Makes an object for a token, with one reference.
  func makeObject(_ token: Token) throws -> (object: KernelObject, body: VirtualAddress)? {
    guard nextID < UInt64(Self.limit * 100) else {
      throw Unmodelled("more than \(Self.limit * 100) tokens in one run")
    }
    let object = KernelObject(.token, payload: .token(token))
    guard let body = try objects.body(of: object) else { return nil }
    return (object, body)
  }

  /// Returns the token of a process.
  ///
  /// - Throws: ``Unmodelled`` if the address is no process's, or the pool is exhausted.
  func primaryToken(of process: VirtualAddress, _ routine: String) throws -> KernelObject {
    if let known = primary[process] { return known }
    guard let found = processes.process(withBody: process) else {
      throw Unmodelled("\(routine): \(process) is no process")
    }
    let token =
      found === processes.system
      ? Token.system(features, id: makeID())
      : Token.administrator(
        features,
        enabled: security.behaviour.enabledPrivileges,
        id: makeID()
      )
    guard let made = try makeObject(token) else {
      throw Unmodelled("\(routine): running out of memory for tokens")
    }
    primary[process] = made.object
    return made.object
  }

  /// Returns what a thread impersonates, if it does.
  func impersonation(of thread: VirtualAddress) -> Impersonation? {
    disabled.contains(thread) ? nil : impersonations[thread]
  }

  /// Sets what a thread impersonates; the token's reference becomes the thread's.
  func setImpersonation(_ new: Impersonation?, of thread: VirtualAddress) throws {
    let old = impersonations.removeValue(forKey: thread)
    impersonations[thread] = new
    if new == nil { disabled.remove(thread) }
    if let old { try objects.dereference(old.token) }
  }

  /// Returns the token at an address that a driver supplied.
  ///
  /// - Throws: ``Unmodelled`` if it is none.
  func token(at body: VirtualAddress, _ routine: String) throws -> Token {
    guard case .token(let token)? = objects.object(withBody: body)?.payload else {
      throw Unmodelled("\(routine): \(body) is no token")
    }
    return token
  }

  /// Returns the thread whose object is at an address.
  func thread(_ body: VirtualAddress, _ routine: String) throws -> KernelThread {
    guard let thread = dispatcher.threads.first(where: { $0.body == body }) else {
      throw Unmodelled("\(routine): \(body) is no thread that runs")
    }
    return thread
  }

  /// Returns the token that counts for the current thread: what it impersonates, or its process's.
  func effectiveToken(_ routine: String) throws -> Token {
    let thread = dispatcher.current
    let object =
      try impersonation(of: thread.body)?.token
      ?? primaryToken(of: thread.ownSpace.process, routine)
    return try token(at: object.body, routine)
  }
}
