internal import GuestABI
internal import NTReleases
internal import NTStructures

extension FilterManager {
  /// Routines of which mini-filters need some, beside those that filter.
  var serviceExports: [Export] {
    attachmentExports + orderExports + workExports + completionExports
  }

  private var attachmentExports: [Export] {
    [
      export("FltAttachVolume") {
        [self]
        (
          filter: VirtualAddress,
          volume: VirtualAddress,
          name: GuestPointer<CountedString>,
          result: VirtualAddress
        ) -> Completion in
        let routine = "FltAttachVolume"
        let filter = try self.filter(filter, routine)
        let definition = filter.instance
        guard try name.isNull || memory.text(of: name) == definition.name else {
          throw Unmodelled("\(routine) with an instance that is not the default one")
        }
        guard filter.isFiltering else { return .returned(NTStatus.fltFilterNotReady) }
        // FLTFL_INSTANCE_SETUP_MANUAL_ATTACHMENT.
        let volume = try self.volume(volume, routine)
        return try attach(filter, to: volume, definition, flags: 2) { [self] attempt in
          switch attempt {
          case .failed(let status): return .returned(status)
          case .done(let instance):
            if result != .null { _ = try give(instance.address, at: result) }
            return .returned(NTStatus.success)
          }
        }
      },
      export("FltDetachVolume") {
        [self]
        (filter: VirtualAddress, volume: VirtualAddress, name: GuestPointer<CountedString>) in
        let filter = try self.filter(filter, "FltDetachVolume")
        let name = try name.isNull ? nil : memory.text(of: name)
        let found = filter.instances.first {
          $0.volume.address == volume && (name == nil || $0.name == name)
        }
        guard let found else { return Completion.returned(NTStatus.fltInstanceNotFound) }
        return try detach(found, of: filter)
      },
    ]
  }

  /// Takes an instance off its volume, if the filter does not mind.
  private func detach(
    _ instance: MiniFilterInstance,
    of filter: MiniFilter
  ) throws -> Completion {
    let query = filter.callbacks.instanceQueryTeardown
    // STATUS_FLT_DO_NOT_DETACH: a filter without the call-back cannot be detached.
    guard query != .null else { return .returned(NTStatus(0xC01C_0010)) }
    let related = try makeRelatedObjects(
      filter.address,
      instance.volume.address,
      instance.address
    )
    return .call(GuestCall(query, related.address.rawValue, 0)) { [self] result in
      try manager.freePool(related.address)
      let status = NTStatus(guestBits: result)
      guard status == .success else { return .returned(status) }
      // FLTFL_INSTANCE_TEARDOWN_MANUAL.
      return try tearDown(instance, of: filter, reason: 1) { .returned(NTStatus.success) }
    }
  }

  /// Gives a driver the instance next to another, or the first or last of a volume.
  private func give(
    _ found: MiniFilterInstance?,
    at result: VirtualAddress
  ) throws -> NTStatus {
    guard let found else {
      try memory.store(VirtualAddress.null, at: result)
      return .noMoreEntries
    }
    return try give(found.address, at: result)
  }

  private func neighbour(
    of address: VirtualAddress,
    _ distance: Int,
    _ routine: String
  ) throws -> MiniFilterInstance? {
    let instance = try instance(address, routine)
    let all = instances(at: instance.volume)
    guard let index = all.firstIndex(where: { $0 === instance }) else { return nil }
    return all.indices.contains(index + distance) ? all[index + distance] : nil
  }

  private var orderExports: [Export] {
    [
      export("FltGetUpperInstance") {
        [self]
        (instance: VirtualAddress, result: VirtualAddress) in
        try give(neighbour(of: instance, -1, "FltGetUpperInstance"), at: result)
      },
      export("FltGetLowerInstance") {
        [self]
        (instance: VirtualAddress, result: VirtualAddress) in
        try give(neighbour(of: instance, 1, "FltGetLowerInstance"), at: result)
      },
      export("FltGetTopInstance") { [self] (volume: VirtualAddress, result: VirtualAddress) in
        try give(instances(at: self.volume(volume, "FltGetTopInstance")).first, at: result)
      },
      export("FltGetBottomInstance") { [self] (volume: VirtualAddress, result: VirtualAddress) in
        try give(instances(at: self.volume(volume, "FltGetBottomInstance")).last, at: result)
      },
      export("FltCompareInstanceAltitudes") {
        [self]
        (first: VirtualAddress, second: VirtualAddress) in
        let routine = "FltCompareInstanceAltitudes"
        let one = Altitude(try instance(first, routine).altitude)
        let other = Altitude(try instance(second, routine).altitude)
        return one < other ? Int32(-1) : one > other ? Int32(1) : Int32(0)
      },
    ]
  }

  // Work items

  private var workExports: [Export] {
    [
      export("FltAllocateGenericWorkItem") { [self] () in
        let tag: UInt32 = 0x6977_4D46  // FMwi
        let caller = manager.context.caller
        guard let item = try manager.allocatePool(0x40, .nonpaged, tag: tag, caller: caller) else {
          return VirtualAddress.null
        }
        try memory.fill(at: item, count: 0x40)
        workItems.insert(item)
        return item
      },
      export("FltFreeGenericWorkItem") { [self] (item: VirtualAddress) in
        guard workItems.remove(item) != nil else {
          throw Unmodelled("FltFreeGenericWorkItem of \(item), which is not a work item")
        }
        try manager.freePool(item, caller: manager.context.caller)
      },
      export("FltQueueGenericWorkItem") {
        [self]
        (
          item: VirtualAddress,
          object: VirtualAddress,
          routine: VirtualAddress,
          queue: UInt32,
          context: VirtualAddress
        ) in
        guard workItems.contains(item), isObject(object) else {
          throw Unmodelled("FltQueueGenericWorkItem of what is not a work item, or for no object")
        }
        let start = GuestCall(routine, item.rawValue, object.rawValue, context.rawValue)
        _ = try dispatcher.createThread(start)
        return NTStatus.success
      },
    ]
  }

  // Completion

  private var completionExports: [Export] {
    [
      export("FltDoCompletionProcessingWhenSafe") {
        [self]
        (
          data: VirtualAddress,
          objects: VirtualAddress,
          context: VirtualAddress,
          flags: UInt32,
          routine: VirtualAddress,
          result: VirtualAddress
        ) in
        guard dispatcher.irql <= .apc else {
          throw Unmodelled("FltDoCompletionProcessingWhenSafe at DISPATCH_LEVEL")
        }
        let call = GuestCall(
          routine,
          data.rawValue,
          objects.rawValue,
          context.rawValue,
          UInt64(flags)
        )
        return Completion.call(call) { [self] status in
          try memory.store(UInt32(truncatingIfNeeded: status), at: result)
          return .returned(true)
        }
      }
    ]
  }
}
