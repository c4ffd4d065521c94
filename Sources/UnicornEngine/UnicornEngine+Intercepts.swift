internal import CUnicorn
internal import GuestABI
internal import GuestEngine

/// An instruction that Unicorn does not execute as a processor does, or not the same way each time.
enum InterceptedInstruction: Equatable {
  /// Reads or writes CR8, which Unicorn always reads as 0.
  case taskPriority(register: Int, isWrite: Bool, length: Int)
  /// Reads the time-stamp counter, for which Unicorn asks the host's clock.
  case timeStampCounter(length: Int)
  /// Reads or writes a model-specific register: Unicorn makes most read as 0.
  case modelSpecificRegister(isWrite: Bool, length: Int)
  /// Reads a performance counter, of which the processor has two that never count.
  case performanceCounter(length: Int)

  /// Recognises an instruction by its first bytes.
  init?(_ bytes: [UInt8], is64Bit: Bool) {
    var rex: UInt8 = 0
    var length = 0
    if is64Bit, let first = bytes.first, first & 0xF0 == 0x40 {
      rex = first
      length = 1
    }
    guard bytes.count >= length + 2, bytes[length] == 0x0F else { return nil }
    let opcode = bytes[length + 1]
    length += 2
    switch opcode {
    case 0x20 where rex & 4 != 0, 0x22 where rex & 4 != 0:
      guard bytes.count > length, bytes[length] & 0xF8 == 0xC0 else { return nil }
      let register = Int(bytes[length] & 7) + (rex & 1 != 0 ? 8 : 0)
      self = .taskPriority(register: register, isWrite: opcode == 0x22, length: length + 1)
    case 0x30: self = .modelSpecificRegister(isWrite: true, length: length)
    case 0x31: self = .timeStampCounter(length: length)
    case 0x32: self = .modelSpecificRegister(isWrite: false, length: length)
    case 0x33: self = .performanceCounter(length: length)
    default: return nil
    }
  }
}

extension UnicornEngine {
  /// Finds the instructions of a page that must be intercepted, before the page is translated.
  ///
  /// Bytes that merely look like one do no harm: nothing happens unless execution reaches them.
  func intercept(_ page: VirtualAddress, _ frame: FrameNumber) {
    let start = VirtualAddress(rawValue: page.rawValue & ~0xFFF)
    guard scannedPages.updateValue(frame, forKey: start) != frame else { return }
    let host = memory.ram.host(frame).assumingMemoryBound(to: UInt8.self)
    let bytes = UnsafeBufferPointer(start: host, count: 4096)
    let is64Bit = memory.architecture == .x64
    for index in 0..<4096 where bytes[index] == 0x0F {
      let second = index + 1 < 4096 ? bytes[index + 1] : nil
      if let second, !(0x30...0x33).contains(second), second != 0x20, second != 0x22 { continue }
      // The bytes may go on in the next page, and a prefix may be the byte before.
      intercept(start + index)
      if is64Bit, index == 0 || bytes[index - 1] & 0xF0 == 0x40 { intercept(start + (index - 1)) }
    }
    // A prefix may be all that is in this page.
    if is64Bit, bytes[4095] & 0xF0 == 0x40 { intercept(start + 4095) }
  }

  private func intercept(_ address: VirtualAddress) {
    guard interceptedAddresses.insert(address).inserted else { return }
    ls_engine_intercept(engine, address.rawValue)
  }

  func executeIntercepted(_ address: UInt64) {
    let place = VirtualAddress(rawValue: address)
    var bytes: [UInt8] = []
    for index in 0..<4 {
      guard let page = memory.tables.translate(place + index), memory.ram.contains(page.frame)
      else {
        break
      }
      let byte = memory.ram.host(page.frame) + (place + index).offsetInPage
      bytes.append(byte.load(as: UInt8.self))
    }
    let is64Bit = memory.architecture == .x64
    guard let instruction = InterceptedInstruction(bytes, is64Bit: is64Bit) else { return }
    switch instruction {
    case .taskPriority(let register, let isWrite, let length):
      let number = number(ofGeneral: register)
      if isWrite {
        processor.taskPriority = UInt8(truncatingIfNeeded: ls_engine_read(engine, number) & 0xF)
      } else {
        ls_engine_write(engine, number, UInt64(processor.taskPriority))
      }
      skip(address, length)
    case .timeStampCounter(let length):
      setWide(instructionCount)
      skip(address, length)
    case .modelSpecificRegister(let isWrite, let length):
      let number = ls_engine_read(engine, is64Bit ? 38 : 22) & 0xFFFF_FFFF
      guard let value = readModelSpecificRegister(number) else { return protectionFault() }
      if isWrite {
        // What a write to a register that has a meaning would change is not modelled.
        if number > 1 { return stop("wrmsr 0x\(String(number, radix: 16))") }
      } else {
        setWide(value)
      }
      skip(address, length)
    case .performanceCounter(let length):
      guard ls_engine_read(engine, is64Bit ? 38 : 22) & 0xFFFF_FFFF < 2 else {
        return protectionFault()
      }
      setWide(0)
      skip(address, length)
    }
  }

  /// Returns a model-specific register of the processor, or nil if it has none of that number, so that
  /// reading it raises #GP (Intel SDM, RDMSR).
  private func readModelSpecificRegister(_ number: UInt64) -> UInt64? {
    switch number {
    // The machine-check address and type of a Pentium.
    case 0x00, 0x01: 0
    // The time-stamp counter.
    case 0x10: instructionCount
    // The local APIC's base: the boot processor's, enabled.
    case 0x1B: 0xFEE0_0900
    // EFER and the bases of FS and GS.
    case 0xC000_0080 where memory.architecture == .x64: 0xD01
    case 0xC000_0100 where memory.architecture == .x64: self[.fsBase]
    case 0xC000_0101 where memory.architecture == .x64: self[.gsBase]
    default: nil
    }
  }

  /// Puts a 64-bit result into EDX and EAX.
  private func setWide(_ value: UInt64) {
    let is64Bit = memory.architecture == .x64
    ls_engine_write(engine, is64Bit ? 35 : 19, value & 0xFFFF_FFFF)
    ls_engine_write(engine, is64Bit ? 40 : 24, value >> 32)
  }

  private func skip(_ address: UInt64, _ length: Int) {
    ls_engine_skip_to(engine, address &+ UInt64(length))
  }

  /// Raises #GP at the instruction that is being executed.
  private func protectionFault() {
    requestedExit = .exception(vector: 13)
    ls_engine_stop(engine)
  }

  private func stop(_ name: String) {
    requestedExit = .unmodelled(name)
    ls_engine_stop(engine)
  }
}
