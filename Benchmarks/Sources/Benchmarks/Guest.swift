import CBareEngine
import GuestABI
import Lockstep
import NTKernel
import NTReleases

/// Something that runs guest code: Lockstep's machine, or Unicorn with nothing around it.
protocol Guest: AnyObject {
  var architecture: Architecture { get }

  /// Returns the address of a page that nothing else uses.
  func newPage() throws -> VirtualAddress

  /// Puts bytes into memory.
  func store(_ bytes: [UInt8], at address: VirtualAddress) throws

  /// Calls a routine and waits until it returns.
  func call(_ routine: VirtualAddress, _ first: UInt64, _ second: UInt64) throws
}

extension Guest {
  /// Puts code into a page of its own.
  func load(_ code: GuestCode) throws -> VirtualAddress {
    let page = try newPage()
    try store(code.bytes(architecture), at: page)
    return page
  }

  /// Puts words into a page of their own.
  func array(_ words: [UInt64]) throws -> VirtualAddress {
    let page = try newPage()
    let bytes = words.flatMap { word in
      (0..<architecture.pointerSize).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
    try store(bytes, at: page)
    return page
  }
}

/// A guest that did not do what it was asked.
struct GuestFailure: Error, CustomStringConvertible {
  let description: String
}

extension Machine: Guest {
  var architecture: Architecture { configuration.architecture }

  func newPage() throws -> VirtualAddress {
    guard let page = try kernel.manager.allocatePool(4096, .nonpaged, tag: 0x6863_6E42) else {
      throw GuestFailure(description: "the pool is exhausted")
    }
    return page
  }

  func store(_ bytes: [UInt8], at address: VirtualAddress) throws {
    try kernel.memory.store(bytes: bytes, at: address)
  }

  func call(_ routine: VirtualAddress, _ first: UInt64, _ second: UInt64) throws {
    let outcome = try call(GuestCall(routine, first, second))
    guard case .returned = outcome else { throw GuestFailure(description: "\(outcome)") }
  }
}

/// Unicorn with nothing around it but the W^X policy of its translations.
final class BareGuest: Guest {
  let architecture: Architecture
  private let engine: OpaquePointer
  private var pageCount = 0

  init(_ architecture: Architecture, library: String) throws {
    self.architecture = architecture
    guard let engine = bare_engine_make(library, architecture == .x64) else {
      throw GuestFailure(description: "Unicorn cannot make a processor")
    }
    self.engine = engine
  }

  func newPage() -> VirtualAddress {
    defer { pageCount += 1 }
    return VirtualAddress(rawValue: bare_engine_base(engine)) + pageCount * 4096
  }

  func store(_ bytes: [UInt8], at address: VirtualAddress) {
    let offset = Int(address.rawValue - bare_engine_base(engine))
    let memory = UnsafeMutableRawBufferPointer(
      start: bare_engine_memory(engine),
      count: Int(BARE_MEMORY_SIZE)
    )
    memory[offset...].copyBytes(from: bytes)
  }

  /// Returns the address of a routine that stops the processor and, when it is resumed, returns.
  func stop(stackSize: UInt8) -> VirtualAddress {
    let page = newPage()
    store(architecture == .x64 ? [0xF4, 0xC3] : [0xF4, 0xC2, stackSize, 0], at: page)
    return page
  }

  func call(_ routine: VirtualAddress, _ first: UInt64, _ second: UInt64) throws {
    guard bare_engine_call(engine, routine.rawValue, first, second) >= 0 else {
      throw GuestFailure(description: "the bare engine failed")
    }
  }
}
