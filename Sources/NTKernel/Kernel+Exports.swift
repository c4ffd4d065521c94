public import GuestABI
internal import NTReleases
internal import NTStructures

extension Kernel {
  /// The routines that drivers can import, whatever the release exports of them.
  public var exports: [Export] {
    [
      manager.mdlExports, manager.physicalExports, manager.poolExports,
      dispatcher.synchronizationExports, dispatcher.irqlExports,
      dispatcher.deferredExports, dispatcher.clockExports,
      io.deviceExports, io.requestExports, processes.exports, executive.exports, hal.exports,
      objects.referenceExports, objects.namespaceExports, registry.exports,
      registry.runtimeExports, sections.exports, security.exports, runtime.exports,
      lookUp.exports, systemInformation.exports, buses.exports, interrupts.exports,
      resourceUsage.exports, hardwareDescription.exports, dispatcher.processorFeatureExports,
      interrupts.systemExports,
      // Of two declarations with one name, the later counts.
      resources.exports, fastMutexes.exports, lookasideLists.exports, workItems.exports,
      io.deviceQueueExports, io.startIOExports, io.buildingExports, io.packetExports,
      files.createExports, files.closingExports, files.exports, files.waitExports,
      files.shareExports, fileSystems.exports, fileSystemRuntime.exports, fileLocks.exports,
      files.streamExports, manager.fileSystemPoolExports,
      files.nameExports, cache.exports, fastIO.exports, oplocks.exports,
      notifyLists.exports, dispatcher.relationshipExports,
      io.hostedExports, io.removeLockExports, errorLog.exports,
      dispatcher.queuedLockExports, dispatcher.machineExports, bugCheckCallbacks.exports,
      criticalRegions.exports, rundownProtection.exports, processLookUp.exports,
      attachment.exports, notifications.exports, manager.pageExports, manager.copyExports,
      usbLibrary.exports, wmiLibrary.exports, traceRecorder.exports, videoPort.exports,
      manager.mappingExports, exceptions.exceptionExports, adapters.exports,
      dispatcher.queueExports, dispatcher.apcExports, callbackObjects.exports,
      sharedSpinLocks.exports,
      affinities.exports, extendedAffinities.exports, dispatcher.threadExports,
      dispatcher.crossProcessorExports,
      drivers.exports, io.attachingExports, modules.exports,
      systemQueries.exports, processFacts.exports, dispatcher.mutantExports, regionLocks.exports,
      io.stackExports,
      plugAndPlay.exports,
      power.exports,
      wmi.exports,
      pushLocks.exports,
      executiveTimers.exports,
      tokens.exports,
      processHandles.exports,
      processCopying.exports,
      userMemory.exports,
      memorySections.exports,
      auditing.exports,
      zones.exports,
      KernelDebugger.exports,
      KernelDebugger.counterExports,
      rundownProtection.cacheAwareExports(manager),
      processorChanges.exports,
      systemFeatures.exports,
      waitableObjects.exports,
      objects.taggedExports,
      objects.queryExports,
      objects.handleExports,
      objectCallbacks.exports,
      registry.callbacks.exports,
      registry.laterExports,
      eventTracing.exports,
      security.objectExports,
      network.exports,
    ].flatMap { $0 }
  }

  /// The variables that drivers can import, whatever the release exports of them.
  public var dataExports: [DataExport] {
    systemVariables + objects.dataExports + security.dataExports + modules.dataExports
      + interrupts.systemDataExports
  }

  private var systemVariables: [DataExport] {
    let layout = manager.layout
    let release = release
    return [
      DataExport("NtBuildNumber", byteCount: { _ in 4 }) { address, memory in
        try memory.store(release.ntBuildNumber(), at: address)
      },
      DataExport(pointer: "MmHighestUserAddress") { layout.userProbeAddress + -1 },
      DataExport(pointer: "MmUserProbeAddress") { layout.userProbeAddress },
      DataExport(pointer: "MmSystemRangeStart") { layout.systemRangeStart },
      DataExport(pointer: "PsInitialSystemProcess") { [processes] in processes.systemProcess },
      DataExport("KeNumberProcessors", byteCount: { _ in 1 }) { address, memory in
        try memory.store(UInt8(1), at: address)
      },
      DataExport("KeTickCount", byteCount: { _ in 12 }) { [dispatcher] address, memory in
        try memory.fill(at: address, count: 12)
        dispatcher.tickCountVariables.append(address)
      },
      // The code of the bug check that stops the system, and its parameters: none has.
      DataExport("KiBugCheckData", byteCount: { 5 * $0.pointerSize }) { address, memory in
        try memory.fill(at: address, count: 5 * memory.architecture.pointerSize)
      },
      DataExport("KdDebuggerEnabled", byteCount: { _ in 1 }) { address, memory in
        try memory.store(UInt8(0), at: address)
      },
      DataExport("KdDebuggerNotPresent", byteCount: { _ in 1 }) { address, memory in
        try memory.store(UInt8(1), at: address)
      },
      DataExport("InitSafeBootMode", byteCount: { _ in 4 }) { address, memory in
        try memory.store(UInt32(0), at: address)
      },
      DataExport("NtGlobalFlag", byteCount: { _ in 4 }) { address, memory in
        try memory.store(UInt32(0), at: address)
      },
    ]
  }
}
