import GuestABI
import GuestEngine

/// An observer that remembers each access to a watched page.
final class Recorder: MemoryObserver {
  var accesses: [ObservedAccess] = []
  /// What ``observe(_:)`` returns for an access.
  var isAfresh: (ObservedAccess) -> Bool = { _ in false }

  func observe(_ access: ObservedAccess) -> Bool {
    accesses.append(access)
    return isAfresh(access)
  }

  /// The first byte and the size of each access.
  var places: [[UInt64]] { accesses.map { [$0.address.rawValue, UInt64($0.byteCount)] } }

  /// The bytes accessed, each once for each access.
  var bytes: [UInt64] {
    accesses.flatMap { access in
      (0..<access.byteCount).map { (access.address + $0).rawValue }
    }.sorted()
  }
}

/// An observer that remembers each instruction, and the registers before it.
final class InstructionRecorder: InstructionObserver {
  var addresses: [VirtualAddress] = []
  var values: [UInt64] = []

  func willExecute(at address: VirtualAddress, engine: any Engine) {
    addresses.append(address)
    values.append(engine.generalRegister(0))
  }
}

extension Processor {
  /// Has accesses to a page reported.
  func watch(_ page: VirtualAddress, _ recorder: Recorder) {
    memory.observer = recorder
    guard let entry = memory.tables.entry(for: page) else { return }
    memory.tables.store(memory.tables.load(entry).union(.watched), at: entry)
    memory.invalidate(page)
  }

  /// No longer has accesses to a page reported.
  func unwatch(_ page: VirtualAddress) {
    guard let entry = memory.tables.entry(for: page) else { return }
    memory.tables.store(memory.tables.load(entry).subtracting(.watched), at: entry)
    memory.invalidate(page)
  }
}
