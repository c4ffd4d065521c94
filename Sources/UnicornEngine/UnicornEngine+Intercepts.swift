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
  /// Reads the time-stamp counter and the number of the processor.
  case timeStampAndProcessor(length: Int)
  /// Gets a random number, for which Unicorn asks the host.
  case randomNumber(register: Int, byteCount: Int, length: Int)

  /// Recognises an instruction by its first bytes.
  init?(_ bytes: [UInt8], is64Bit: Bool) {
    var rex: UInt8 = 0
    var length = 0
    let hasSmallOperand = bytes.first == 0x66
    if hasSmallOperand { length = 1 }
    if is64Bit, bytes.count > length, bytes[length] & 0xF0 == 0x40 {
      rex = bytes[length]
      length += 1
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
    case 0x01:
      guard bytes.count > length, bytes[length] == 0xF9 else { return nil }
      self = .timeStampAndProcessor(length: length + 1)
    case 0xC7:
      guard bytes.count > length, bytes[length] >= 0xF0 else { return nil }
      self = .randomNumber(
        register: Int(bytes[length] & 7) + (rex & 1 != 0 ? 8 : 0),
        byteCount: rex & 8 != 0 ? 8 : hasSmallOperand ? 2 : 4,
        length: length + 1
      )
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
      guard Self.isIntercepted(second, index + 2 < 4096 ? bytes[index + 2] : nil) else { continue }
      // The bytes may go on in the next page, and prefixes may be before.
      intercept(start + index)
      if index == 0 || Self.isPrefix(bytes[index - 1], is64Bit) { intercept(start + (index - 1)) }
      if is64Bit, index >= 2, bytes[index - 2] == 0x66 { intercept(start + (index - 2)) }
    }
    // Prefixes may be all that is in this page.
    if Self.isPrefix(bytes[4095], is64Bit) { intercept(start + 4095) }
  }

  /// Whether an instruction may be intercepted whose second and third byte are these, as far as they are
  /// in the page.
  private static func isIntercepted(_ second: UInt8?, _ third: UInt8?) -> Bool {
    switch second {
    case nil, 0x20, 0x22, 0x30, 0x31, 0x32, 0x33: true
    case 0x01: third.map { $0 == 0xF9 } ?? true
    case 0xC7: third.map { $0 >= 0xF0 } ?? true
    default: false
    }
  }

  private static func isPrefix(_ byte: UInt8, _ is64Bit: Bool) -> Bool {
    byte == 0x66 || is64Bit && byte & 0xF0 == 0x40
  }

  private func intercept(_ address: VirtualAddress) {
    guard interceptedAddresses.insert(address).inserted else { return }
    ls_engine_intercept(engine, address.rawValue)
  }

  func executeIntercepted(_ address: UInt64) {
    let place = VirtualAddress(rawValue: address)
    var bytes: [UInt8] = []
    for index in 0..<5 {
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
      let number = UInt32(truncatingIfNeeded: ls_engine_read(engine, is64Bit ? 38 : 22))
      guard let value = readModelSpecificRegister(number) else { return protectionFault() }
      if isWrite {
        let written = wide
        if written != value, !write(written, toModelSpecificRegister: number) {
          return stop("wrmsr 0x\(String(number, radix: 16))")
        }
      } else {
        setWide(value)
      }
      skip(address, length)
    case .timeStampAndProcessor(let length):
      setWide(instructionCount)
      // IA32_TSC_AUX: the only processor is the first.
      ls_engine_write(engine, is64Bit ? 38 : 22, 0)
      skip(address, length)
    case .randomNumber(let register, let byteCount, let length):
      setRandomNumber(register, byteCount)
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
  ///
  /// It has those that its `cpuid` announces, and what all processors of its kind have.
  private func readModelSpecificRegister(_ number: UInt32) -> UInt64? {
    let isX64 = memory.architecture == .x64
    switch number {
    // The time-stamp counter.
    case 0x10: return instructionCount
    // EFER and the bases of FS and GS.
    case 0xC000_0080 where isX64: return 0xD01
    case 0xC000_0100 where isX64: return self[.fsBase]
    case 0xC000_0101 where isX64: return self[.gsBase]
    default: break
    }
    if let stored = processor.modelSpecificRegisters[number] { return stored }
    return ModelSpecificRegister.initialValue(of: number, isX64: isX64)
  }

  /// Changes a register that holds what is written to it.
  ///
  /// - Returns: Whether it is one; what others would change is not modelled.
  private func write(_ value: UInt64, toModelSpecificRegister number: UInt32) -> Bool {
    guard ModelSpecificRegister.holdsWhatIsWritten(number) else { return false }
    processor.modelSpecificRegisters[number] = value
    return true
  }

  /// Puts a random number into a register, and says by the carry flag that there is one.
  private func setRandomNumber(_ register: Int, _ byteCount: Int) {
    let place = number(ofGeneral: register)
    let random = processor.nextRandomNumber()
    let value =
      switch byteCount {
      case 8: random
      case 2: ls_engine_read(engine, place) & ~0xFFFF | random & 0xFFFF
      // The upper half becomes zero, as with every 32-bit result.
      default: random & 0xFFFF_FFFF
      }
    ls_engine_write(engine, place, value)
    // CF is set; OF, SF, ZF, AF and PF are clear.
    self[.rflags] = self[.rflags] & ~0x8D5 | 1
  }

  /// The 64-bit value in EDX and EAX.
  private var wide: UInt64 {
    let is64Bit = memory.architecture == .x64
    let low = ls_engine_read(engine, is64Bit ? 35 : 19) & 0xFFFF_FFFF
    return low | ls_engine_read(engine, is64Bit ? 40 : 24) << 32
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
