internal import GuestABI
internal import NTReleases
internal import NTStructures

/// The base filtering engine of the Windows Filtering Platform, as kernel drivers reach it through
/// `fwpkclnt.sys`: sessions, transactions, providers, sublayers, callouts and filters.
///
/// The engine runs from the start. No packet ever reaches it: callouts are told of their filters, and
/// never asked to classify.
///
/// The facts are those of the pages of `fwpmk.h`, `fwpmtypes.h` and `fwpsk.h`, and of "WFP Error Codes".
final class FilterEngine {
  let memory: AddressSpace
  let manager: MemoryManager
  /// The layers and sublayers that the release has built in.
  let layers: Set<GUIDValue>
  let builtInSublayers: Set<GUIDValue>

  /// What an open handle of the engine stands for.
  final class Session {
    /// Whether what the session adds goes with it: `FWPM_SESSION_FLAG_DYNAMIC`.
    let isDynamic: Bool
    /// The transaction that is in progress.
    var transaction: Transaction?

    init(isDynamic: Bool) { self.isDynamic = isDynamic }
  }

  /// Changes that are not yet carried out.
  struct Transaction {
    let isReadOnly: Bool
    /// What the engine holds if the transaction is aborted.
    let before: FilterEngineObjects
    /// What callouts are told when it is committed.
    var notifications: [Notification] = []
  }

  /// What a callout is told of.
  struct Notification {
    let filter: FilterEngineObjects.Filter
    let isAdded: Bool
  }

  /// The routines of a callout: what `FwpsCalloutRegister` is given.
  struct Routines {
    let id: UInt32
    let notify: VirtualAddress
    let flowDelete: VirtualAddress
    /// The version of the routines' types, 0 to 3.
    let version: Int
  }

  var objects = FilterEngineObjects()
  var sessions: [VirtualAddress: Session] = [:]
  var routines: [GUIDValue: Routines] = [:]
  /// The numbers of callouts, which routines and management objects share.
  private var calloutIDs: [GUIDValue: UInt32] = [:]
  private var nextCalloutID: UInt32 = 0x101
  private var nextFilterID: UInt64 = 0x1_0001
  private var nextKey: UInt64 = 1
  /// The subscriptions to changes of the engine's state.
  var subscriptions: Set<VirtualAddress> = []

  init(_ manager: MemoryManager, release: Release) {
    self.manager = manager
    memory = manager.memory
    layers = Self.keys(FilterEngineObject.layers, release)
    builtInSublayers = Self.keys(FilterEngineObject.sublayers, release)
  }

  private static func keys(_ objects: [FilterEngineObject], _ release: Release) -> Set<GUIDValue> {
    Set(objects.filter { $0.exists(in: release) }.compactMap { GUIDValue(digits: $0.key) })
  }

  // Numbers and keys

  /// Returns the number of the callout with a key.
  func calloutID(_ key: GUIDValue) -> UInt32 {
    if let id = calloutIDs[key] { return id }
    let id = nextCalloutID
    nextCalloutID &+= 1
    calloutIDs[key] = id
    return id
  }

  /// Returns a number for a new filter.
  func makeFilterID() -> UInt64 {
    defer { nextFilterID &+= 1 }
    return nextFilterID
  }

  /// Returns a key for an object whose caller gives none.
  func makeKey() -> GUIDValue {
    defer { nextKey &+= 1 }
    // The bits of a random GUID, but a number in place of what is random.
    return GUIDValue(nextKey | 0x4000 << 48, 0x80)
  }

  // Sessions

  /// Allocates what a handle stands for.
  ///
  /// - Returns: The handle, or nil if there is no memory.
  func makeHandle() throws -> VirtualAddress? {
    let tag: UInt32 = 0x6B70_7746  // Fwpk
    let caller = manager.context.caller
    guard let handle = try manager.allocatePool(0x20, .nonpaged, tag: tag, caller: caller) else {
      return nil
    }
    try memory.fill(at: handle, count: 0x20)
    return handle
  }

  /// Opens a session.
  ///
  /// The corresponding kernel routine is `FwpmEngineOpen0`.
  func open(
    _ server: VirtualAddress,
    _ authentication: UInt32,
    _ identity: VirtualAddress,
    _ session: GuestPointer<FWPMSession>,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    // RPC_C_AUTHN_WINNT, or RPC_C_AUTHN_DEFAULT.
    guard server == .null, authentication == 10 || authentication == .max else {
      throw Unmodelled("FwpmEngineOpen0 of another machine, or with another authentication")
    }
    let flags = session.isNull ? 0 : try memory[session].flags
    guard flags & ~1 == 0 else { throw Unmodelled("FwpmEngineOpen0 with flags \(flags)") }
    guard let handle = try makeHandle() else { return .insufficientResources }
    try memory.store(handle, at: result)
    sessions[handle] = Session(isDynamic: flags & 1 != 0)
    return .success
  }

  /// Closes a session, which aborts its transaction and removes what is dynamic.
  ///
  /// The corresponding kernel routine is `FwpmEngineClose0`.
  func close(_ handle: VirtualAddress) throws -> Completion {
    let session = try session(handle, "FwpmEngineClose0")
    if let transaction = session.transaction { objects = transaction.before }
    let notifications = objects.filters(ofDynamicSession: handle).map {
      Notification(filter: $0, isAdded: false)
    }
    objects.removeObjects(ofDynamicSession: handle)
    sessions[handle] = nil
    try manager.freePool(handle, caller: manager.context.caller)
    return try notify(notifications[...]) { _ in .returned(NTStatus.success) }
  }

  /// Returns the session of a handle.
  func session(_ handle: VirtualAddress, _ routine: String) throws -> Session {
    guard let session = sessions[handle] else {
      throw Unmodelled("\(routine) with \(handle), which is not an open session")
    }
    return session
  }

  // Transactions

  /// Begins a transaction.
  ///
  /// The corresponding kernel routine is `FwpmTransactionBegin0`.
  func begin(_ handle: VirtualAddress, flags: UInt32) throws -> NTStatus {
    let routine = "FwpmTransactionBegin0"
    let session = try session(handle, routine)
    guard flags & ~1 == 0 else { throw Unmodelled("\(routine) with flags \(flags)") }
    guard session.transaction == nil else { return .fwpTransactionInProgress }
    let isReadOnly = flags & 1 != 0
    if sessions.values.contains(where: { $0.transaction?.isReadOnly == false }) {
      throw Unmodelled("\(routine) while another session's transaction is in progress")
    }
    session.transaction = Transaction(isReadOnly: isReadOnly, before: objects)
    return .success
  }

  /// Carries a transaction out.
  ///
  /// The corresponding kernel routine is `FwpmTransactionCommit0`.
  func commit(_ handle: VirtualAddress) throws -> Completion {
    let session = try session(handle, "FwpmTransactionCommit0")
    guard let transaction = session.transaction else {
      return .returned(NTStatus.fwpNoTransactionInProgress)
    }
    session.transaction = nil
    let before = transaction.before
    return try notify(transaction.notifications[...]) { [self] status in
      if !status.isSuccess { objects = before }
      return .returned(status)
    }
  }

  /// Takes a transaction back.
  ///
  /// The corresponding kernel routine is `FwpmTransactionAbort0`.
  func abort(_ handle: VirtualAddress) throws -> NTStatus {
    let session = try session(handle, "FwpmTransactionAbort0")
    guard let transaction = session.transaction else { return .fwpNoTransactionInProgress }
    objects = transaction.before
    session.transaction = nil
    return .success
  }

  /// Changes what the engine holds, in the session's transaction or in one of its own.
  ///
  /// - Parameters:
  ///   - handle: The session.
  ///   - routine: The routine that was called.
  ///   - body: Changes the objects; returns a status, and what the callouts are to be told.
  /// - Returns: The status, once the callouts are told.
  /// - Throws: What the closure throws; ``Unmodelled`` if another session's transaction is in the way.
  func change(
    _ handle: VirtualAddress,
    _ routine: String,
    _ body: (Session) throws -> (NTStatus, Notification?)
  ) throws -> Completion {
    let session = try session(handle, routine)
    if session.transaction?.isReadOnly == true {
      return .returned(NTStatus.fwpIncompatibleTransaction)
    }
    guard session.transaction != nil || sessions.values.allSatisfy({ $0.transaction == nil }) else {
      throw Unmodelled("\(routine) while another session's transaction is in progress")
    }
    let before = objects
    let (status, notification) = try body(session)
    guard status.isSuccess, let notification else { return .returned(status) }
    guard session.transaction == nil else {
      session.transaction?.notifications.append(notification)
      return .returned(status)
    }
    return try notify([notification]) { [self] status in
      if !status.isSuccess { objects = before }
      return .returned(status)
    }
  }
}
