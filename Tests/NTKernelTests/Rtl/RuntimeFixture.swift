import GuestABI
import NTKernel
import NTStructures
import Testing

/// A run-time library on an otherwise empty machine, whose routines can be called as a driver does.
final class RuntimeFixture {
  let memory: AddressSpace
  let library: RuntimeLibrary
  let pool: BumpPool
  let messages = Messages()
  private let table: ExportTable
  private let stack: VirtualAddress

  /// What the driver printed.
  final class Messages {
    var lines: [String] = []
  }

  /// The first address that is mapped; so are the pages up to ``end``.
  let start: VirtualAddress
  /// The first address after the memory that is mapped.
  var end: VirtualAddress { start + Self.pageCount * 4096 }

  private static let pageCount = 256

  init(_ architecture: Architecture, understandsLongLong: Bool? = nil) throws {
    let ram = try GuestRAM(byteCount: 2 << 20)
    let format: PageTableFormat = architecture == .x86 ? .twoLevel : .fourLevel
    let tables = PageTables(ram: ram, format: format, root: PhysicalAddress(frame: 0))
    start = VirtualAddress(rawValue: architecture == .x86 ? 0x8010_0000 : 0xFFFF_8000_0010_0000)
    var nextFrame: FrameNumber = 1
    func allocateFrame() -> FrameNumber {
      defer { nextFrame += 1 }
      return nextFrame
    }
    for page in 0..<Self.pageCount {
      let entry = try tables.makeEntry(for: start + page * 4096, allocateTable: allocateFrame)
      tables.store(HardwarePTE(allocateFrame(), [.present, .writable]), at: entry)
    }
    memory = AddressSpace(architecture: architecture, tables: tables)
    stack = start + 0x8000
    pool = BumpPool(from: start + 0x80000, to: start + Self.pageCount * 4096)
    library = RuntimeLibrary(
      memory: memory,
      pool: pool,
      understandsLongLong: understandsLongLong,
      debugOutput: { [messages] in messages.lines.append($0) }
    )
    table = ExportTable(library.exports)
    nextScratch = start + 0x10000
  }

  private var nextScratch: VirtualAddress

  /// Returns memory for a test's own data, aligned to 16 bytes.
  func allocate(_ byteCount: Int) -> VirtualAddress {
    let address = nextScratch
    nextScratch = nextScratch + (byteCount + 15) / 16 * 16
    return address
  }

  /// Calls a routine, and returns the registers that it leaves.
  func registers<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument,
    prepare: (inout CallFrame.Registers) -> Void = { _ in }
  ) throws -> CallFrame.Registers {
    let declared = table.index(of: name)
    let index = try #require(declared, "\(name) is not declared")
    let export = table.exports[index]
    var registers = CallFrame.Registers()
    var registersLeft = memory.architecture == .x64 ? 4 : export.convention == .fastcall ? 2 : 0
    let order: [WritableKeyPath<CallFrame.Registers, UInt64>] = [\.rcx, \.rdx, \.r8, \.r9]
    var used = 0
    let slot = memory.architecture.pointerSize
    var place = stack + slot + (memory.architecture == .x64 ? 32 : 0)
    var stacked = 0
    for argument in repeat each argument {
      let size = (type(of: argument).size(on: memory.architecture) + slot - 1) / slot * slot
      if registersLeft > 0, size <= slot {
        // What is above an argument's size is not defined.
        registers[keyPath: order[used]] = argument.guestBits
        registersLeft -= 1
        used += 1
        continue
      }
      if size == 8 {
        try memory.store(argument.guestBits, at: place)
      } else {
        try memory.store(UInt32(truncatingIfNeeded: argument.guestBits), at: place)
      }
      place = place + size
      stacked += size
    }
    let returnAddress = start + 0x10
    try memory.store(returnAddress, at: stack)
    registers.rsp = stack.rawValue
    prepare(&registers)
    var frame = CallFrame(memory: memory, registers: registers)
    try table.call(index, &frame, returningTo: returnAddress)
    #expect(frame.registers.rip == returnAddress.rawValue)
    let removed = memory.architecture == .x86 ? export.stackSize : 0
    if memory.architecture == .x86, export.convention != .cdecl {
      #expect(removed == stacked, "\(name) removes what its caller pushed")
    }
    #expect(frame.registers.rsp == (stack + (slot + removed)).rawValue)
    return frame.registers
  }

  /// Calls a routine, and returns its result in RAX, or in EDX:EAX.
  @discardableResult
  func call<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> UInt64 {
    let registers = try registers(name, repeat each argument)
    return memory.architecture == .x64
      ? registers.rax : registers.rdx << 32 | registers.rax & 0xFFFF_FFFF
  }

  /// Calls a routine that returns a status.
  func status<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> NTStatus {
    NTStatus(guestBits: try call(name, repeat each argument))
  }
}

extension RuntimeFixture {
  /// Stores a C string.
  func string(_ text: String) throws -> VirtualAddress { try bytes(Array(text.utf8) + [0]) }

  /// Stores a C string of `WCHAR`.
  func wide(_ text: String) throws -> VirtualAddress {
    try bytes((text.utf16 + [0]).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
  }

  func bytes(_ bytes: [UInt8]) throws -> VirtualAddress {
    let address = allocate(bytes.count)
    try memory.store(bytes: bytes, at: address)
    return address
  }

  /// Stores a counted string.
  func counted(
    _ buffer: VirtualAddress,
    _ length: Int,
    _ maximumLength: Int
  ) throws -> GuestPointer<CountedString> {
    let string = GuestPointer<CountedString>(allocate(16))
    try memory.set(string, buffer: buffer, length: length, maximumLength: maximumLength)
    return string
  }

  /// Stores a `UNICODE_STRING` without room to spare.
  func unicode(_ text: String) throws -> GuestPointer<CountedString> {
    let size = text.utf16.count * 2
    return try counted(wide(text), size, size)
  }

  /// Stores an `ANSI_STRING` without room to spare.
  func ansi(_ text: String) throws -> GuestPointer<CountedString> {
    try counted(string(text), text.utf8.count, text.utf8.count)
  }

  /// Returns a C string.
  func text(at address: VirtualAddress) throws -> String {
    var bytes: [UInt8] = []
    while let byte = try Optional(memory.load(UInt8.self, at: address + bytes.count)), byte != 0 {
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Returns a C string of `WCHAR`.
  func wideText(at address: VirtualAddress) throws -> String {
    var units: [UInt16] = []
    while let unit = try Optional(memory.load(UInt16.self, at: address + units.count * 2)),
      unit != 0
    {
      units.append(unit)
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// Returns a random string of ASCII letters, so few that chance makes some equal.
  static func randomText(
    _ length: Int,
    letters: String = "abAB",
    using generator: inout SystemRandomNumberGenerator
  ) -> String {
    String((0..<length).compactMap { _ in letters.randomElement(using: &generator) })
  }
}
