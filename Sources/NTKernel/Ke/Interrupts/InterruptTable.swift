public import GuestABI
internal import NTStructures

/// The interrupts of devices: which routines serve them, and which wait to be served.
public final class InterruptTable {
  /// A routine that serves an interrupt: an interrupt object.
  struct Connection {
    /// The object, a `KINTERRUPT`.
    let object: VirtualAddress
    let vector: UInt32
    /// The device's level, at which the processor does not notice the interrupt.
    let level: IRQL
    /// The level at which the routine runs: its own, or a higher one.
    let synchronizeLevel: IRQL
    let isShared: Bool
    let isLatched: Bool
    /// Takes the interrupt object and the context, and says whether it was its device's interrupt.
    let routine: VirtualAddress
    let context: VirtualAddress
    /// The lock that is held while the routine runs.
    let lock: VirtualAddress
    /// Who connected it.
    let caller: VirtualAddress
  }

  /// An interrupt that is being served.
  private struct Service {
    let vector: UInt32
    let lock: VirtualAddress
    /// The place of the routine that runs among those of the vector.
    let index: Int
    var isClaimed: Bool
  }

  /// What a vector waits for.
  private struct Request {
    let vector: UInt32
    /// The first of its routines that is still to be asked.
    var next = 0
    /// Whether one of them has said that it was its device.
    var isClaimed = false
  }

  let memory: AddressSpace
  let manager: MemoryManager
  unowned let dispatcher: Dispatcher
  /// What knows the interrupt lines that devices were started with.
  var lineOfDevice: (any InterruptLineSource)?
  /// The routines, in the order in which they were connected.
  private(set) var connections: [Connection] = []
  private var requests: [Request] = []
  private var services: [Service] = []
  /// The vectors that drivers have masked.
  private var maskedVectors: Set<UInt32> = []

  /// Creates a table of interrupts that no routine serves.
  init(manager: MemoryManager, dispatcher: Dispatcher) {
    memory = manager.memory
    self.manager = manager
    self.dispatcher = dispatcher
  }

  /// The most interrupts that wait; a line that is raised again while it waits is raised once.
  private static var requestLimit: Int { 256 }

  /// The vectors that routines serve, in the order in which the first of each was connected.
  public var connectedVectors: [UInt32] {
    connections.map(\.vector).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The vectors that an image's code has connected and not disconnected, with the calls that did.
  public func connections(
    madeIn image: Range<VirtualAddress>
  ) -> [(vector: UInt32, caller: VirtualAddress)] {
    connections.filter { image.contains($0.caller) }.map { ($0.vector, $0.caller) }
  }

  /// Whether an interrupt waits to be served.
  public var hasPending: Bool { !requests.isEmpty }

  /// Lets a device interrupt, as soon as the IRQL allows it.
  ///
  /// - Parameter vector: The device's vector. If no routine serves it, its line is masked, and nothing
  ///   happens.
  public func raise(_ vector: UInt32) {
    guard connections.contains(where: { $0.vector == vector }),
      !requests.contains(where: { $0.vector == vector }), requests.count < Self.requestLimit
    else { return }
    requests.append(Request(vector: vector))
    dispatcher.hasPendingInterrupts = true
  }

  /// Masks a vector, so that its interrupts wait, or lets them through again.
  func setMasked(_ vector: UInt32, _ isMasked: Bool) {
    // No more vectors than a processor has.
    guard vector < 256 else { return }
    if isMasked { maskedVectors.insert(vector) } else { maskedVectors.remove(vector) }
  }

  func connection(_ object: VirtualAddress) -> Connection? {
    connections.first { $0.object == object }
  }

  private func connections(of vector: UInt32) -> [Connection] {
    connections.filter { $0.vector == vector }
  }

  func connect(_ connection: Connection) { connections.append(connection) }

  func disconnect(_ connection: Connection) throws {
    connections.removeAll { $0.object == connection.object }
    if !connections.contains(where: { $0.vector == connection.vector }) {
      requests.removeAll { $0.vector == connection.vector }
      dispatcher.hasPendingInterrupts = !requests.isEmpty
    }
    try manager.freeOpaque(connection.object)
  }

  /// The place of the waiting interrupt of the highest level, if the IRQL allows one.
  private func deliverable(above irql: IRQL) -> Int? {
    var best: (index: Int, level: IRQL)?
    for (index, request) in requests.enumerated() {
      guard let level = connections(of: request.vector).first?.level, level > irql,
        !maskedVectors.contains(request.vector)
      else { continue }
      if let best, best.level >= level { continue }
      best = (index, level)
    }
    return best?.index
  }

  /// Whether an interrupt can be served now.
  func canDeliver(above irql: IRQL) -> Bool { deliverable(above: irql) != nil }

  /// Begins to serve the interrupt of the highest level.
  ///
  /// - Returns: The call of the routine, and the level at which it runs; nil if none can be served.
  func begin(above irql: IRQL) throws -> (call: GuestCall, level: IRQL)? {
    while let index = deliverable(above: irql) {
      let request = requests.remove(at: index)
      dispatcher.hasPendingInterrupts = !requests.isEmpty
      let chain = connections(of: request.vector)
      guard request.next < chain.count else { continue }
      let connection = chain[request.next]
      services.append(
        Service(
          vector: request.vector,
          lock: connection.lock,
          index: request.next,
          isClaimed: request.isClaimed
        )
      )
      try dispatcher.acquireSpinLock(connection.lock)
      var call = GuestCall(
        connection.routine,
        connection.object.rawValue,
        connection.context.rawValue
      )
      call.role = .boundary
      return (call, max(irql, connection.synchronizeLevel))
    }
    return nil
  }

  /// Goes on when a routine has served an interrupt, or has said that it was not its device's.
  ///
  /// An interrupt that is a level ends with the first routine that says it was its device's; one that is
  /// an edge asks them all, since two devices may have raised it at once.
  func finish(claimed isClaimed: Bool) throws {
    guard let service = services.popLast() else { return }
    try dispatcher.releaseSpinLock(service.lock)
    let chain = connections(of: service.vector)
    let isLatched = chain.first?.isLatched ?? false
    guard service.index + 1 < chain.count, isLatched || !isClaimed else { return }
    requests.insert(
      Request(
        vector: service.vector,
        next: service.index + 1,
        isClaimed: service.isClaimed || isClaimed
      ),
      at: 0
    )
    dispatcher.hasPendingInterrupts = true
  }
}
