internal import GuestABI
internal import NTStructures

/// Memory that drivers allocate in programs: `ZwAllocateVirtualMemory` and its like.
///
/// What is modelled is memory that is reserved and committed at once, at an address that the kernel
/// chooses; memory that is only reserved is not.
final class UserMemory {
  private let memory: AddressSpace
  private let manager: MemoryManager
  private let objects: ObjectManager
  private let processes: ProcessStructure

  private static let commit: UInt32 = 0x1000
  private static let reserve: UInt32 = 0x2000
  private static let decommit: UInt32 = 0x4000
  private static let release: UInt32 = 0x8000
  private static let topDown: UInt32 = 0x10_0000

  /// Creates the routines of a kernel.
  init(_ processes: ProcessStructure, manager: MemoryManager, objects: ObjectManager) {
    memory = manager.memory
    self.processes = processes
    self.manager = manager
    self.objects = objects
  }

  /// The routines that drivers import.
  var exports: [Export] {
    ["Zw", "Nt"].flatMap { prefix in
      [
        export("\(prefix)AllocateVirtualMemory") {
          [self]
          (
            process: VirtualAddress,
            base: VirtualAddress,
            zeroBits: GuestWord,
            size: VirtualAddress,
            type: UInt32,
            protection: UInt32
          ) in
          try allocate(process, base, zeroBits, size, type, protection)
        },
        export("\(prefix)FreeVirtualMemory") {
          [self]
          (process: VirtualAddress, base: VirtualAddress, size: VirtualAddress, type: UInt32) in
          try free(process, base, size, type)
        },
      ]
    } + [
      export("ZwProtectVirtualMemory") {
        [self]
        (
          process: VirtualAddress,
          base: VirtualAddress,
          size: VirtualAddress,
          new: UInt32,
          old: VirtualAddress
        ) in
        try protect(process, base, size, new, old)
      }
    ]
  }

  private func space(_ handle: VirtualAddress) -> Attempt<ProcessAddressSpace> {
    guard let object = objects.object(for: handle) else { return .failed(.invalidHandle) }
    guard let process = processes.process(withBody: object.body) else {
      return .failed(.objectTypeMismatch)
    }
    // STATUS_PROCESS_IS_TERMINATING.
    guard !process.hasExited else { return .failed(NTStatus(0xC000_010A)) }
    return .done(process.space)
  }

  /// What a page-table entry is for a protection: `PAGE_READONLY` and its like.
  private func options(_ protection: UInt32, _ routine: String) throws -> HardwarePTE? {
    switch protection {
    case 0x02, 0x10, 0x20: return [.present, .user]
    case 0x04, 0x40: return [.present, .user, .writable]
    // PAGE_NOACCESS, copy on write, guard pages and caching.
    case 0x01, 0x08, 0x80, 0x100...: throw Unmodelled("\(routine) with protection \(protection)")
    default: return nil
    }
  }

  private func allocate(
    _ process: VirtualAddress,
    _ base: VirtualAddress,
    _ zeroBits: GuestWord,
    _ size: VirtualAddress,
    _ type: UInt32,
    _ protection: UInt32
  ) throws -> NTStatus {
    let routine = "ZwAllocateVirtualMemory"
    let target: ProcessAddressSpace
    switch space(process) {
    case .failed(let status): return status
    case .done(let space): target = space
    }
    guard let options = try options(protection, routine) else { return .invalidPageProtection }
    let wanted = try memory.load(GuestWord.self, at: size).byteCount
    // STATUS_INVALID_PARAMETER_4 and _5.
    guard wanted > 0 else { return NTStatus(0xC000_00F2) }
    guard type & (Self.commit | Self.reserve) != 0 else { return NTStatus(0xC000_00F3) }
    guard type & ~(Self.commit | Self.reserve | Self.topDown) == 0, type & Self.commit != 0,
      try memory.load(VirtualAddress.self, at: base) == .null, zeroBits.rawValue == 0
    else { throw Unmodelled("\(routine) at an address, or of type \(type)") }
    guard target !== manager.systemSpace else {
      throw Unmodelled("\(routine) in the system process")
    }
    guard wanted <= 0x0800_0000 else { return .noMemory }
    let count = (wanted + 4095) / 4096
    let place: VirtualAddress? = try manager.within(target) {
      guard
        let place = try manager.reserve(count, in: manager.userBuffers, .userBuffer, alignment: 16)
      else { return nil }
      guard try manager.mapNewPages(count, at: place, options, .user) else {
        _ = manager.release(place, in: manager.userBuffers, .userBuffer)
        return nil
      }
      return place
    }
    guard let place else { return .noMemory }
    try memory.store(place, at: base)
    try memory.store(GuestWord(count * 4096), at: size)
    return .success
  }

  private func free(
    _ process: VirtualAddress,
    _ base: VirtualAddress,
    _ size: VirtualAddress,
    _ type: UInt32
  ) throws -> NTStatus {
    let routine = "ZwFreeVirtualMemory"
    let target: ProcessAddressSpace
    switch space(process) {
    case .failed(let status): return status
    case .done(let space): target = space
    }
    // STATUS_INVALID_PARAMETER_4.
    guard type == Self.release || type == Self.decommit else { return NTStatus(0xC000_00F2) }
    guard type == Self.release else { throw Unmodelled("\(routine): MEM_DECOMMIT") }
    let start = try memory.load(VirtualAddress.self, at: base)
    let wanted = try memory.load(GuestWord.self, at: size).byteCount
    let page = start + -start.offsetInPage
    let result: (status: NTStatus, byteCount: Int) = manager.within(target) {
      guard let run = manager.run(at: page), run.kind == .userBuffer else {
        // STATUS_FREE_VM_NOT_AT_BASE, or STATUS_MEMORY_NOT_ALLOCATED.
        let isInside = target.runs.contains { base, run in
          run.kind == .userBuffer && page >= base && page < base + run.pageCount * 4096
        }
        return (NTStatus(isInside ? 0xC000_009F : 0xC000_00A0), 0)
      }
      let byteCount = run.pageCount * 4096
      // STATUS_UNABLE_TO_FREE_VM.
      guard wanted == 0 || wanted == byteCount else { return (NTStatus(0xC000_001A), 0) }
      guard manager.allowsFreeing(page..<page + byteCount) else {
        return (.invalidPageProtection, 0)
      }
      manager.unmapAndFree(run.pageCount, at: page)
      _ = manager.release(page, in: manager.userBuffers, .userBuffer)
      return (.success, byteCount)
    }
    if result.status == .success {
      try memory.store(page, at: base)
      try memory.store(GuestWord(result.byteCount), at: size)
    }
    return result.status
  }

  /// Changes the protection of pages that are committed.
  ///
  /// The corresponding kernel routine is `ZwProtectVirtualMemory`.
  private func protect(
    _ process: VirtualAddress,
    _ base: VirtualAddress,
    _ size: VirtualAddress,
    _ new: UInt32,
    _ old: VirtualAddress
  ) throws -> NTStatus {
    let routine = "ZwProtectVirtualMemory"
    let target: ProcessAddressSpace
    switch space(process) {
    case .failed(let status): return status
    case .done(let space): target = space
    }
    guard let options = try options(new, routine) else { return .invalidPageProtection }
    let start = try memory.load(VirtualAddress.self, at: base)
    let wanted = try memory.load(GuestWord.self, at: size).byteCount
    let first = start + -start.offsetInPage
    guard wanted > 0, wanted <= 0x0800_0000 else { return .invalidParameter }
    let count = (start.offsetInPage + wanted + 4095) / 4096
    let result: (status: NTStatus, old: UInt32) = manager.within(target) {
      // STATUS_NOT_COMMITTED.
      let missing = NTStatus(0xC000_002D)
      var entries: [PhysicalAddress] = []
      for index in 0..<count {
        let page = first + index * 4096
        guard page < manager.layout.userProbeAddress, let entry = memory.tables.entry(for: page),
          memory.tables.load(entry).contains(.present)
        else { return (missing, 0) }
        entries.append(entry)
      }
      let isWritable = options.contains(.writable)
      guard
        manager.allowsProtection(
          of: first..<first + count * 4096,
          isReadable: true,
          isWritable: isWritable
        )
      else { return (.invalidPageProtection, 0) }
      let before: UInt32 = memory.tables.load(entries[0]).contains(.writable) ? 0x04 : 0x02
      for (index, entry) in entries.enumerated() {
        let pte = memory.tables.load(entry).subtracting(.writable)
        memory.tables.store(isWritable ? pte.union(.writable) : pte, at: entry)
        memory.invalidate(first + index * 4096)
      }
      return (.success, before)
    }
    if result.status == .success {
      try memory.store(first, at: base)
      try memory.store(GuestWord(count * 4096), at: size)
      try memory.store(result.old, at: old)
    }
    return result.status
  }
}
