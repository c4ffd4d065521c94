internal import GuestABI
internal import NTReleases
internal import NTStructures

extension SystemInformation {
  /// The classes that are modelled, by their numbers.
  static let classes: [UInt32: InformationClass] = [
    // SystemBasicInformation.
    0x00: InformationClass(.bytes(.exactly) { $0.basicInformation }),
    // SystemProcessorInformation.
    0x01: InformationClass(.bytes(.atLeast) { $0.processorInformation }),
    // SystemTimeOfDayInformation.
    0x03: InformationClass(
      .custom { try $0.answerTimeOfDay($1, $2, $3) }
    ),
    // SystemPathInformation, which moved to KUSER_SHARED_DATA in NT 3.51.
    0x04: InformationClass(.status(.notImplemented)),
    // SystemFlagsInformation: NtGlobalFlag.
    0x09: InformationClass(.bytes(.exactly) { _ in [0, 0, 0, 0] }),
    // SystemCallTimeInformation.
    0x0A: InformationClass(.status(.notImplemented)),
    // SystemModuleInformation.
    0x0B: InformationClass(.custom { try $0.answer(variable: $0.moduleInformation, $1, $2, $3) }),
    // SystemKernelDebuggerInformation: not enabled, and not present.
    0x23: InformationClass(.bytes(.atLeast) { _ in [0, 1] }),
    // SystemRangeStartInformation.
    0x32: InformationClass(
      .bytes(.exactly) {
        var bytes = InformationBytes($0.memory.architecture)
        bytes.append($0.manager.layout.systemRangeStart)
        return bytes.bytes
      },
      isValid: \.hasSystemRangeStartInformation
    ),
    // SystemCodeIntegrityInformation.
    0x67: InformationClass(
      .custom { try $0.answerCodeIntegrity($1, $2, $3) },
      isValid: \.hasCodeIntegrityInformation
    ),
  ]

  /// `SYSTEM_BASIC_INFORMATION`.
  private var basicInformation: [UInt8] {
    var bytes = InformationBytes(memory.architecture)
    let frameCount = memory.ram.frameCount
    bytes.append(UInt32(0))
    bytes.append(UInt32(Dispatcher.clockTick))
    bytes.append(UInt32(4096))
    bytes.append(UInt32(clamping: frameCount))
    bytes.append(UInt32(1))
    bytes.append(UInt32(clamping: frameCount - 1))
    // The granularity of allocations, then the addresses of user mode.
    bytes.append(UInt32(0x1_0000))
    bytes.append(GuestWord(0x1_0000))
    bytes.append(manager.layout.userProbeAddress + -1)
    // One processor.
    bytes.append(GuestWord(1))
    bytes.append(GuestWord(1))
    return bytes.bytes
  }

  /// `SYSTEM_PROCESSOR_INFORMATION`.
  private var processorInformation: [UInt8] {
    var bytes = InformationBytes(memory.architecture)
    let processor = ProcessorIdentity(memory.architecture)
    // PROCESSOR_ARCHITECTURE_INTEL, PROCESSOR_ARCHITECTURE_AMD64.
    bytes.append(UInt16(memory.architecture == .x86 ? 0 : 9))
    bytes.append(processor.level)
    bytes.append(processor.revision)
    bytes.append(UInt16(behaviour.tellsMaximumProcessors ? 1 : 0))
    bytes.append(processor.kernelFeatures)
    return bytes.bytes
  }

  /// `SYSTEM_TIMEOFDAY_INFORMATION`: the machine stands in a time zone without a bias.
  private func answerTimeOfDay(
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ returnLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    var bytes = InformationBytes(memory.architecture)
    bytes.append(dispatcher.systemTime - dispatcher.interruptTime)
    bytes.append(dispatcher.systemTime)
    bytes.append(UInt64(0))
    bytes.append(UInt64(0))
    let isLong = behaviour.timeOfDayHasBiases
    if isLong {
      bytes.append(UInt64(0))
      bytes.append(UInt64(0))
    }
    return try answer(fixed: bytes.bytes, isLong ? .atMost : .exactly, buffer, length, returnLength)
  }

  /// `RTL_PROCESS_MODULES`.
  private var moduleInformation: [UInt8] {
    var bytes = InformationBytes(memory.architecture)
    bytes.append(UInt32(modules.modules.count))
    bytes.align()
    for (index, module) in modules.modules.enumerated() {
      bytes.append(GuestWord(0))
      bytes.append(GuestWord(0))
      bytes.append(module.range.lowerBound)
      bytes.append(UInt32(clamping: module.byteCount))
      bytes.append(UInt32(0x4000))
      bytes.append(UInt16(truncatingIfNeeded: index))
      bytes.append(UInt16(0))
      bytes.append(UInt16(1))
      let path = Array(module.path.utf8.suffix(255))
      bytes.append(UInt16(path.count - min(module.name.utf8.count, path.count)))
      bytes.append(text: path, byteCount: 256)
    }
    return bytes.bytes
  }

  /// `SYSTEM_CODEINTEGRITY_INFORMATION`: the length is given, the options are told.
  private func answerCodeIntegrity(
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ returnLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    guard memory.architecture == .x64 else {
      throw Unmodelled("ZwQuerySystemInformation of class 0x67 on x86")
    }
    let size: UInt32 = 8
    if !returnLength.isNull { try memory.store(size, at: returnLength.address) }
    guard length >= size, try memory.load(UInt32.self, at: buffer) == size else {
      return .infoLengthMismatch
    }
    // CODEINTEGRITY_OPTION_ENABLED: as x64 systems start unless told otherwise.
    try memory.store(UInt32(1), at: buffer + 4)
    return .success
  }
}
