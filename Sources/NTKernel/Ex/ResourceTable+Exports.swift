internal import GuestABI
internal import NTStructures

extension ResourceTable {
  /// The routines that drivers import to work with executive resources.
  var exports: [Export] { lifeExports + acquiringExports + releasingExports + stateExports }

  private var lifeExports: [Export] {
    [
      export("ExInitializeResourceLite") { [self] (resource: VirtualAddress) in
        try add(resource, "ExInitializeResourceLite")
        try memory.fill(at: resource, count: memory.architecture == .x86 ? 56 : 104)
        return NTStatus.success
      },
      // The structure of the older routines is not documented: it is left alone.
      export("ExInitializeResource") { [self] (resource: VirtualAddress) in
        try add(resource, "ExInitializeResource")
        return NTStatus.success
      },
      export("ExReinitializeResourceLite") { [self] (resource: VirtualAddress) in
        try remove(resource, "ExReinitializeResourceLite")
        try add(resource, "ExReinitializeResourceLite")
        return NTStatus.success
      },
    ]
      + ["ExDeleteResourceLite", "ExDeleteResource"].map { name in
        export(name) { [self] (resource: VirtualAddress) in
          try remove(resource, name)
          return NTStatus.success
        }
      }
  }

  private var acquiringExports: [Export] {
    let sharing: [(String, Sharing)] = [
      ("ExAcquireResourceSharedLite", .fair),
      ("ExAcquireSharedStarveExclusive", .starvingExclusive),
      ("ExAcquireSharedWaitForExclusive", .waitingForExclusive),
    ]
    return
      ["ExAcquireResourceExclusiveLite", "ExAcquireResourceExclusive"].map { name in
        export(name) { [self] (resource: VirtualAddress, waits: Bool) in
          try acquireExclusive(resource, waits: waits, name)
        }
      }
      + sharing.map { name, sharing in
        export(name) { [self] (resource: VirtualAddress, waits: Bool) in
          try acquireShared(resource, waits: waits, sharing, name)
        }
      }
  }

  private var releasingExports: [Export] {
    [
      export("ExReleaseResourceLite", .fastcall) { [self] (resource: VirtualAddress) in
        try release(resource, currentThread, "ExReleaseResourceLite")
      },
      export("ExConvertExclusiveToSharedLite") { [self] (resource: VirtualAddress) in
        try share(resource, "ExConvertExclusiveToSharedLite")
      },
      export("ExSetResourceOwnerPointer") {
        [self] (resource: VirtualAddress, owner: VirtualAddress) in
        try setOwner(resource, owner, "ExSetResourceOwnerPointer")
      },
    ]
      + ["ExReleaseResourceForThreadLite", "ExReleaseResourceForThread"].map { name in
        export(name) { [self] (resource: VirtualAddress, owner: VirtualAddress) in
          try release(resource, owner, name)
        }
      }
  }

  private var stateExports: [Export] {
    [
      export("ExIsResourceAcquiredExclusiveLite") { [self] (address: VirtualAddress) in
        let resource = try resource(address, "ExIsResourceAcquiredExclusiveLite")
        return resource.isExclusive && resource.owners[currentThread] != nil
      },
      export("ExIsResourceAcquiredSharedLite") { [self] (address: VirtualAddress) in
        let resource = try resource(address, "ExIsResourceAcquiredSharedLite")
        return UInt32(resource.owners[currentThread] ?? 0)
      },
      export("ExGetExclusiveWaiterCount") { [self] (address: VirtualAddress) in
        UInt32(try resource(address, "ExGetExclusiveWaiterCount").exclusiveWaiters.count)
      },
      export("ExGetSharedWaiterCount") { [self] (address: VirtualAddress) in
        UInt32(try resource(address, "ExGetSharedWaiterCount").sharedWaiters.count)
      },
      export("ExDisableResourceBoostLite") { [self] (address: VirtualAddress) in
        // Priorities decide nothing here: every thread runs when it is its turn.
        _ = try resource(address, "ExDisableResourceBoostLite")
      },
    ]
  }
}
