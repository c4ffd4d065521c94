internal import Findings
internal import GuestABI
internal import NTKernel
internal import NTReleases

extension Machine {
  /// The most calls that are told, and the most words of a stack that are looked at for them.
  private static var limits: (calls: Int, words: Int) { (12, 4096) }

  /// Describes the call in which the run has just met what is not modelled.
  func describeUnmodelledCall() -> UnmodelledCall {
    // What an access needs is told when the processor next stops, in whatever routine.
    let isAccess = manager.failedAction != nil
    let routine = isAccess ? nil : routine(at: VirtualAddress(rawValue: registers.rip))
    return UnmodelledCall(
      routine: routine,
      arguments: routine.map(arguments) ?? [],
      stack: callStack()
    )
  }

  /// The routine whose first instruction is at an address, modelled or not.
  private func routine(at place: VirtualAddress) -> String? {
    if let name = variables.unmodelledName(at: place) { return name }
    guard isRoutine(place) else { return nil }
    let offset = place.rawValue - layout.exportSlots.lowerBound.rawValue
    guard case .routine(let index) = resolver.slot(Int(offset / 16)) else { return nil }
    return routines.exports[index].name
  }

  /// The words in which the arguments of a routine that was just called are passed.
  func arguments(of name: String) -> [UInt64] {
    guard let record = ExportHistory.records(of: Self.identifier(in: name)).first else { return [] }
    // The bytes are those on x86. Where they are not known, the registers of x64 are told.
    let isX64 = memory.architecture == .x64
    let count = min(record.argumentBytes.map { $0 / 4 } ?? (isX64 ? 4 : 0), 16)
    var words: [UInt64] = []
    if isX64 {
      words = [registers.rcx, registers.rdx, registers.r8, registers.r9]
    } else if record.convention == .fastcall {
      words = [registers.rcx & 0xFFFF_FFFF, registers.rdx & 0xFFFF_FFFF]
    }
    let width = memory.architecture.pointerSize
    var slot = VirtualAddress(rawValue: registers.rsp) + (isX64 ? 0x28 : width)
    while words.count < count, let word = peek(slot) {
      words.append(word)
      slot = slot + width
    }
    return Array(words.prefix(count))
  }

  /// The identifier that what a report calls a routine begins with.
  static func identifier(in name: String) -> String {
    String(name.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
  }

  /// The calls that the stack tells of: addresses in images that follow a call instruction.
  private func callStack() -> [UnmodelledCall.Place] {
    var places: [UnmodelledCall.Place] = []
    let width = memory.architecture.pointerSize
    var slot = VirtualAddress(rawValue: registers.rsp & ~UInt64(width - 1))
    for _ in 0..<Self.limits.words {
      guard places.count < Self.limits.calls, let word = peek(slot) else { break }
      let address = VirtualAddress(rawValue: word)
      if isAfterCall(address) {
        let (module, offset) = location(of: address + -1)
        if let module, let offset {
          places.append(UnmodelledCall.Place(module: module, offset: offset))
        }
      }
      slot = slot + width
    }
    return places
  }

  /// Whether the instruction before an address in an image is a call: `E8`, or `FF` with 2 as its
  /// operation (Intel's manual, CALL).
  private func isAfterCall(_ address: VirtualAddress) -> Bool {
    guard images.contains(where: { $0.range.contains(address) }) else { return false }
    if byte(address + -5) == 0xE8 { return true }
    return (2...7).contains { length in
      guard byte(address + -length) == 0xFF, let operand = byte(address + (1 - length)) else {
        return false
      }
      return operand >> 3 & 7 == 2
    }
  }

  /// Returns a pointer-wide word without an effect on the machine, or nil if it cannot be read.
  private func peek(_ address: VirtualAddress) -> UInt64? {
    var word: UInt64 = 0
    for index in (0..<memory.architecture.pointerSize).reversed() {
      guard let byte = byte(address + index) else { return nil }
      word = word << 8 | UInt64(byte)
    }
    return word
  }

  private func byte(_ address: VirtualAddress) -> UInt8? {
    guard memory.tables.isCanonical(address), let page = memory.tables.translate(address),
      memory.ram.contains(page.frame)
    else { return nil }
    return (memory.ram.host(page.frame) + address.offsetInPage).load(as: UInt8.self)
  }
}
