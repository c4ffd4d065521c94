internal import GuestABI
internal import NTStructures

/// Copying from the memory of one process to another's: `MmCopyVirtualMemory`.
final class ProcessCopying {
  private let manager: MemoryManager
  private let processes: ProcessStructure

  /// Creates the routines of a kernel.
  init(_ processes: ProcessStructure, manager: MemoryManager) {
    self.processes = processes
    self.manager = manager
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("MmCopyVirtualMemory") {
        [self]
        (
          source: VirtualAddress,
          from: VirtualAddress,
          target: VirtualAddress,
          to: VirtualAddress,
          size: GuestWord,
          mode: ProcessorMode,
          copied: VirtualAddress
        ) in
        let spaces = try (space(of: source), space(of: target))
        let (status, count) = try copy(spaces, from, to, size.rawValue, mode)
        try manager.memory.store(GuestWord(count), at: copied)
        return status
      }
    ]
  }

  private func space(of process: VirtualAddress) throws -> ProcessAddressSpace {
    guard let found = processes.process(withBody: process), !found.hasExited else {
      throw Unmodelled("MmCopyVirtualMemory: \(process) is no process that runs")
    }
    return found.space
  }

  /// Copies page by page, up to the first that cannot be read or written.
  ///
  /// - Returns: `STATUS_SUCCESS`, or `STATUS_PARTIAL_COPY` after a fault, or `STATUS_ACCESS_VIOLATION` for
  ///   addresses that the mode may not use; and the bytes that were copied.
  private func copy(
    _ spaces: (source: ProcessAddressSpace, target: ProcessAddressSpace),
    _ from: VirtualAddress,
    _ to: VirtualAddress,
    _ byteCount: UInt64,
    _ mode: ProcessorMode
  ) throws -> (NTStatus, Int) {
    let last: UInt64 = manager.memory.architecture == .x86 ? 0xFFFF_FFFF : .max
    let limit = mode == .user ? manager.layout.userProbeAddress.rawValue : last
    for start in [from, to] {
      let (end, overflow) = start.rawValue.addingReportingOverflow(byteCount)
      guard !overflow, end <= limit else { return (.accessViolation, 0) }
    }
    let size = Int(clamping: byteCount)
    var done = 0
    while done < size {
      let (source, target) = (from + done, to + done)
      let count = min(
        size - done,
        4096 - Int(source.offsetInPage),
        4096 - Int(target.offsetInPage)
      )
      do {
        let bytes = try manager.within(spaces.source) {
          try manager.memory.bytes(at: source, count: count)
        }
        try manager.within(spaces.target) { try manager.memory.store(bytes: bytes, at: target) }
      } catch let fault as GuestFault {
        // What is not there in the system's memory stops the system.
        guard !manager.layout.isSystem(fault.address) else { throw fault }
        // STATUS_PARTIAL_COPY.
        return (NTStatus(0x8000_000D), done)
      }
      done += count
    }
    return (.success, done)
  }
}
