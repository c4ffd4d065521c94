internal import GuestABI
internal import NTKernel
internal import NTStructures

extension DriverSession {
  /// Looks for what a driver left that is gone, or that refused to start.
  func findLeaks(of driver: SessionDriver) {
    let kernel = machine.kernel
    let image = driver.image
    var found: [Leak] = []
    let object = kernel.drivers.driver(of: image.range)
    for device in kernel.io.devices where isDevice(device, of: object) {
      found.append(Leak("the device \(device.name ?? "without a name")", nil))
    }
    // A link is nobody's: the last driver is told.
    if kernel.io.drivers.count <= 1 {
      for link in kernel.io.symbolicLinks { found.append(Leak("the symbolic link \(link)", nil)) }
    }
    for block in kernel.manager.poolBlocks(allocatedIn: image.range) {
      found.append(leak(of: block))
    }
    for (mdl, caller) in kernel.manager.lockedMDLs where isOwn(caller, image) {
      found.append(Leak("the lock on the pages of the MDL at \(mdl)", caller, mdl))
    }
    for mapping in kernel.manager.liveMappings
    where !isReported(mapping) && isOwn(mapping.caller, image) {
      found.append(Leak("the mapping of the MDL at \(mapping.mdl)", mapping.caller, mapping.mdl))
    }
    for pages in kernel.manager.livePageAllocations where isOwn(pages.caller, image) {
      let count = pages.frames.count
      found.append(
        Leak("\(count) pages allocated for the MDL at \(pages.mdl)", pages.caller, pages.mdl)
      )
    }
    for range in kernel.manager.reservedMappings where isOwn(range.caller, image) {
      let what = "\(range.pageCount) pages of reserved addresses at \(range.base)"
      found.append(Leak(what, range.caller))
    }
    for (_, count) in kernel.manager.lockedSections(of: image.range) {
      found.append(Leak("\(count) lock\(count == 1 ? "" : "s") on a pageable section", nil))
    }
    for (what, caller) in kernel.manager.otherAllocations(madeIn: image.range) {
      found.append(Leak(what, caller))
    }
    for (vector, caller) in kernel.interrupts.connections(madeIn: image.range) {
      found.append(Leak("the routine that serves interrupt vector \(hex(vector))", caller))
    }
    if kernel.io.drivers.count <= 1,
      kernel.dispatcher.threads.contains(where: { $0.start != nil })
    {
      found.append(Leak("a system thread", nil))
    }
    for index in found.indices { found[index].driver = driver.name }
    leaks += found
  }

  private func isDevice(_ device: KernelObject, of driver: GuestPointer<DriverObject>?) -> Bool {
    guard machine.kernel.io.drivers.count > 1 else { return true }
    let owner = try? machine.memory[GuestPointer<DeviceObject>(device.body)].driverObject
    return owner == driver
  }

  /// Whether a call is the driver's: every call that no other image made.
  private func isOwn(_ caller: VirtualAddress, _ image: LoadedImage) -> Bool {
    !machine.images.contains { $0.range != image.range && $0.range.contains(caller) }
  }

  /// Whether a mapping is one that its MDL left behind when it was freed, which was told then.
  private func isReported(_ mapping: MDLMapping) -> Bool {
    machine.trace.entries.contains { entry in
      guard case .violation(let violation) = entry.event else { return false }
      return violation.rule == .freeMapped && violation.mapping?.base == mapping.base
    }
  }
}
