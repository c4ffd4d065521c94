import GuestABI
import GuestEngine
import Testing
import UnicornEngine

/// A processor over ``GuestMemory``, and nothing of NT.
final class Processor {
  var guest: GuestMemory
  let state = ProcessorState()
  let engine: any Engine
  /// The registers that the next run starts with, then those at its exit.
  var registers = CallFrame.Registers()
  private var nextCode: VirtualAddress

  var memory: AddressSpace { guest.space }
  var code: VirtualAddress { guest.code }
  var data: VirtualAddress { guest.data }
  var hole: VirtualAddress { guest.hole }
  var isX64: Bool { memory.architecture == .x64 }

  /// The library, as `Tools/setup` installs it.
  static let library = Result { () throws -> UnicornLibrary in
    let checkout = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return try UnicornLibrary(
      paths: UnicornLibrary.defaultPaths(programPath: CommandLine.arguments[0])
        + ["/\(checkout)/.deps/unicorn-2.1.4/libunicorn.so.2"]
    )
  }

  init(_ format: PageTableFormat, dataPages: Int = 16) throws {
    guest = try GuestMemory(format, dataPages: dataPages)
    nextCode = guest.code
    engine = try UnicornEngine(
      library: Self.library.get(),
      memory: guest.space,
      processor: state,
      configuration: .init(
        descriptorTable: guest.descriptors,
        descriptorTableSize: 0x40,
        exportSlots: guest.slots..<guest.slots + 0x1000
      )
    )
    registers.rsp = (guest.stackEnd + -0x100).rawValue
  }

  /// Stores instructions where none were before, followed by `hlt`.
  ///
  /// - Returns: The first of them.
  @discardableResult
  func place(_ bytes: [UInt8]) throws -> VirtualAddress {
    let start = nextCode
    try memory.store(bytes: bytes + [0xF4], at: start)
    nextCode = start + (bytes.count + 64) & ~63
    return start
  }

  /// Runs on from the registers as they are.
  func resume() throws -> Exit { try engine.run(&registers) }

  /// Runs from an address.
  func run(at address: VirtualAddress) throws -> Exit {
    registers.rip = address.rawValue
    return try resume()
  }

  /// Runs instructions, followed by `hlt`.
  func run(_ bytes: [UInt8]) throws -> Exit { try run(at: place(bytes)) }

  /// The bytes of an instruction whose operands are pointers wide.
  func wide(_ bytes: [UInt8]) -> [UInt8] { (isX64 ? [0x48] : []) + bytes }

  /// `add rcx, value`.
  func addToRCX(_ value: Int32) -> [UInt8] {
    wide([0x81, 0xC1]) + withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// Instructions that are the same bytes on x86 and x64.
enum Code {
  /// `mov eax, [rcx]`.
  static let load: [UInt8] = [0x8B, 0x01]
  /// `mov [rcx], eax`.
  static let store: [UInt8] = [0x89, 0x01]
  /// `mov al, [rcx]`.
  static let loadByte: [UInt8] = [0x8A, 0x01]
  /// `mov [rcx], al`.
  static let storeByte: [UInt8] = [0x88, 0x01]
  /// `rep movsb`.
  static let copyBytes: [UInt8] = [0xF3, 0xA4]
  /// `div ecx`.
  static let divide: [UInt8] = [0xF7, 0xF1]
  /// `mov ds, ax`.
  static let loadSegment: [UInt8] = [0x8E, 0xD8]
  static let nop: UInt8 = 0x90
  static let ret: UInt8 = 0xC3

  /// `mov eax, value`.
  static func setEAX(_ value: UInt32) -> [UInt8] {
    [0xB8] + withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
