internal import GuestABI
internal import NTReleases

/// The page that the kernel shares with user mode: `KUSER_SHARED_DATA`.
///
/// Its fields have the same places on x86 and x64; a release has those that lie within its size. Source:
/// Geoff Chappell's page on the structure.
enum SharedData {
  /// Maps the page and fills in what stays as it is.
  static func setUp(_ manager: MemoryManager, _ release: Release) throws {
    let behaviour = manager.behaviour
    guard behaviour.sharedDataSize > 0 else { return }
    let memory = manager.memory
    let page = manager.layout.userSharedData
    try manager.mapKernelPages(1, at: page)
    func put<Value: GuestScalar>(_ value: Value, at offset: Int) throws {
      let end = offset + Value.size(on: memory.architecture)
      if end <= behaviour.sharedDataSize { try memory.store(value, at: page + offset) }
    }
    // TickCountMultiplier: a tick in milliseconds, in units of 2^-24.
    try put(UInt32((Dispatcher.clockTick << 24) / 10_000), at: 0x04)
    // ImageNumberLow and ImageNumberHigh: the machine that images are for.
    let machine: UInt16 = memory.architecture == .x86 ? 0x14C : 0x8664
    try put(machine, at: 0x2C)
    try put(machine, at: 0x2E)
    for (index, unit) in behaviour.systemRoot.utf16.prefix(259).enumerated() {
      try put(unit, at: 0x30 + index * 2)
    }
    if behaviour.sharedDataHasBuildNumber { try put(UInt32(release.build), at: 0x260) }
    // NtProductType, a workstation, and that it is valid; then the version.
    try put(UInt32(1), at: 0x264)
    try put(UInt8(1), at: 0x268)
    try put(UInt32(release.majorVersion), at: 0x26C)
    try put(UInt32(release.minorVersion), at: 0x270)
    let features = ProcessorIdentity.features(hasPAE: memory.tables.format != .twoLevel)
    for index in features { try put(UInt8(1), at: 0x274 + index) }
    if memory.architecture == .x86 {
      try put(UInt32(truncatingIfNeeded: manager.layout.userProbeAddress.rawValue - 1), at: 0x2B4)
      try put(UInt32(truncatingIfNeeded: manager.layout.systemRangeStart.rawValue), at: 0x2B8)
    }
    try put(behaviour.suiteMask, at: 0x2D0)
    try put(UInt32(clamping: memory.ram.frameCount), at: 0x2E8)
  }
}

extension Dispatcher {
  /// Puts the time where user mode and drivers read it without a call.
  func publishTime() throws {
    let behaviour = manager.behaviour
    let size = behaviour.sharedDataSize
    if size > 0 {
      let shared = manager.layout.userSharedData
      // KSYSTEM_TIME: the low part, then the high part twice.
      func publish(_ value: UInt64, at offset: Int) throws {
        guard offset + 12 <= size else { return }
        try memory.store(value, at: shared + offset)
        try memory.store(UInt32(truncatingIfNeeded: value >> 32), at: shared + (offset + 8))
      }
      try publish(interruptTime, at: 0x08)
      try publish(systemTime, at: 0x14)
      try publish(tickCount, at: 0x320)
      if behaviour.sharedDataCountsTicksInLowPart {
        try memory.store(UInt32(truncatingIfNeeded: tickCount), at: shared)
      }
    }
    for variable in tickCountVariables { try memory.store(GuestWord(tickCount), at: variable) }
  }
}
