internal import GuestABI

/// Executive resources: locks that one thread holds alone, or several threads share.
///
/// The host keeps the state of a resource, by the address of its `ERESOURCE`. The structure is opaque
/// to drivers and its fields change meaning from release to release, so it stays zero.
final class ResourceTable {
  /// How a thread asks for a shared resource.
  enum Sharing {
    /// After those who wait to have it alone, unless the thread shares it already.
    case fair
    /// Before those who wait to have it alone.
    case starvingExclusive
    /// After those who wait to have it alone, always.
    case waitingForExclusive
  }

  /// One resource.
  final class Resource {
    /// Whether the one owner has it alone.
    fileprivate(set) var isExclusive = false
    /// How often each owner, a thread or what stands for one, has acquired it.
    fileprivate(set) var owners: [VirtualAddress: Int] = [:]
    /// The threads that wait to share it.
    fileprivate(set) var sharedWaiters: [KernelThread] = []
    /// The threads that wait to have it alone, the oldest first.
    fileprivate(set) var exclusiveWaiters: [KernelThread] = []
  }

  private let dispatcher: Dispatcher
  private var resources: [VirtualAddress: Resource] = [:]

  /// Creates a table without resources.
  init(_ dispatcher: Dispatcher) { self.dispatcher = dispatcher }

  var memory: AddressSpace { dispatcher.memory }
  var currentThread: VirtualAddress { dispatcher.current.body }

  /// Adds a resource that nobody owns.
  func add(_ address: VirtualAddress, _ routine: String) throws {
    guard resources[address] == nil else {
      throw Unmodelled("\(routine): a resource that is in use")
    }
    resources[address] = Resource()
  }

  /// Removes a resource for which nobody waits.
  func remove(_ address: VirtualAddress, _ routine: String) throws {
    let resource = try resource(address, routine)
    guard resource.sharedWaiters.isEmpty, resource.exclusiveWaiters.isEmpty else {
      throw Unmodelled("\(routine): a resource for which threads wait")
    }
    resources[address] = nil
  }

  /// Returns a resource.
  ///
  /// - Throws: ``Unmodelled`` if none has been set up at the address.
  func resource(_ address: VirtualAddress, _ routine: String) throws -> Resource {
    guard let resource = resources[address] else {
      throw Unmodelled("\(routine): a resource that is not initialized")
    }
    return resource
  }

  /// Acquires a resource for the current thread alone.
  ///
  /// The corresponding kernel routine is `ExAcquireResourceExclusiveLite`.
  func acquireExclusive(
    _ address: VirtualAddress,
    waits: Bool,
    _ routine: String
  ) throws -> Completion {
    let resource = try resource(address, routine)
    let isOwner = resource.isExclusive && resource.owners[currentThread] != nil
    guard resource.owners.isEmpty || isOwner else {
      guard waits else { return .returned(false) }
      let completion = try dispatcher.waitUntilWoken(routine)
      resource.exclusiveWaiters.append(dispatcher.current)
      return completion
    }
    resource.isExclusive = true
    resource.owners[currentThread, default: 0] += 1
    return .returned(true)
  }

  /// Acquires a resource for the current thread and others.
  ///
  /// The corresponding kernel routines are `ExAcquireResourceSharedLite`,
  /// `ExAcquireSharedStarveExclusive` and `ExAcquireSharedWaitForExclusive`.
  func acquireShared(
    _ address: VirtualAddress,
    waits: Bool,
    _ sharing: Sharing,
    _ routine: String
  ) throws -> Completion {
    let resource = try resource(address, routine)
    let isOwner = resource.owners[currentThread] != nil
    let isFree: Bool
    if resource.isExclusive {
      isFree = isOwner
    } else {
      let isFirst = resource.exclusiveWaiters.isEmpty
      switch sharing {
      case .fair: isFree = isFirst || isOwner
      case .starvingExclusive: isFree = true
      case .waitingForExclusive: isFree = isFirst
      }
    }
    guard isFree else {
      guard waits else { return .returned(false) }
      let completion = try dispatcher.waitUntilWoken(routine)
      resource.sharedWaiters.append(dispatcher.current)
      return completion
    }
    resource.owners[currentThread, default: 0] += 1
    return .returned(true)
  }

  /// Releases a resource, and hands it to who waits.
  ///
  /// The corresponding kernel routine is `ExReleaseResourceForThreadLite`.
  func release(_ address: VirtualAddress, _ owner: VirtualAddress, _ routine: String) throws {
    let resource = try resource(address, routine)
    guard let count = resource.owners[owner] else {
      // RESOURCE_NOT_OWNED, whose parameters and first release are not established.
      throw Unmodelled("\(routine): a resource that the thread does not own")
    }
    resource.owners[owner] = count > 1 ? count - 1 : nil
    guard resource.owners.isEmpty else { return }
    // Who shares follows one who had it alone; else the one who wants it alone comes first.
    let wasExclusive = resource.isExclusive
    resource.isExclusive = false
    if resource.exclusiveWaiters.isEmpty || wasExclusive && !resource.sharedWaiters.isEmpty {
      admitSharedWaiters(to: resource)
    } else {
      let next = resource.exclusiveWaiters.removeFirst()
      resource.isExclusive = true
      resource.owners[next.body] = 1
      dispatcher.wake(next, returning: true)
    }
  }

  /// Lets others share a resource that the current thread has alone.
  ///
  /// The corresponding kernel routine is `ExConvertExclusiveToSharedLite`.
  func share(_ address: VirtualAddress, _ routine: String) throws {
    let resource = try resource(address, routine)
    guard resource.isExclusive, resource.owners[currentThread] != nil else {
      throw Unmodelled("\(routine): a resource that the thread does not have alone")
    }
    resource.isExclusive = false
    admitSharedWaiters(to: resource)
  }

  /// Makes something else stand for the current thread as an owner.
  ///
  /// The corresponding kernel routine is `ExSetResourceOwnerPointer`.
  func setOwner(_ address: VirtualAddress, _ owner: VirtualAddress, _ routine: String) throws {
    let resource = try resource(address, routine)
    guard owner.rawValue & 3 == 3, let count = resource.owners.removeValue(forKey: currentThread)
    else {
      throw Unmodelled("\(routine): a pointer without its low bits, or a thread that is no owner")
    }
    resource.owners[owner, default: 0] += count
  }

  private func admitSharedWaiters(to resource: Resource) {
    for thread in resource.sharedWaiters {
      resource.owners[thread.body, default: 0] += 1
      dispatcher.wake(thread, returning: true)
    }
    resource.sharedWaiters = []
  }
}
