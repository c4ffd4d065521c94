internal import GuestABI
internal import NTReleases

/// The modules for network and file system filter drivers: `ndis.sys`, `fwpkclnt.sys` and `fltmgr.sys`.
final class NetworkModules {
  let filterManager: FilterManager
  private let netBuffers: NetBuffers
  private let services: NDISServices
  private let timers: NDISTimers
  private let buffers: NDISBuffers
  private let miniports: Miniports
  private let injection: PacketInjection
  private let filterEngine: FilterEngine

  init(
    _ io: IoManager,
    _ manager: MemoryManager,
    _ dispatcher: Dispatcher,
    _ objects: ObjectManager,
    _ registry: Registry,
    release: Release,
    addressOfRoutine: @escaping (String) throws -> VirtualAddress
  ) {
    let behaviour = Behaviour(of: release)
    netBuffers = NetBuffers(manager)
    services = NDISServices(manager, dispatcher, behaviour, addressOfRoutine: addressOfRoutine)
    timers = NDISTimers(manager, dispatcher)
    buffers = NDISBuffers(netBuffers)
    miniports = Miniports(manager, behaviour, addressOfRoutine: addressOfRoutine)
    injection = PacketInjection(netBuffers, dispatcher, addressOfRoutine: addressOfRoutine)
    filterEngine = FilterEngine(manager, release: release)
    filterManager = FilterManager(
      io,
      manager,
      dispatcher: dispatcher,
      objects: objects,
      registry: registry,
      addressOfRoutine: addressOfRoutine
    )
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      services.exports, timers.exports, buffers.exports, miniports.exports, netBuffers.exports,
      injection.exports, filterEngine.exports, filterManager.exports,
    ].flatMap { $0 }
  }
}
