internal import GuestABI
internal import NTStructures

/// What drivers ask of the system as a whole: its size, whether it verifies drivers, its processes.
final class SystemQueries {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private let manager: MemoryManager
  private let processes: ProcessStructure
  /// Where the name of a process is, by its object.
  private var imageNames: [VirtualAddress: VirtualAddress] = [:]
  private var nextIdentifier: UInt64 = 0

  /// Creates the routines of a kernel.
  init(_ dispatcher: Dispatcher, manager: MemoryManager, processes: ProcessStructure) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
    self.manager = manager
    self.processes = processes
  }

  /// The routines that drivers import.
  var exports: [Export] { verifierExports + processExports + identifierExports }

  /// Driver Verifier is off.
  private var verifierExports: [Export] {
    [
      export("MmIsVerifierEnabled") { [self] (flags: VirtualAddress) in
        try memory.store(UInt32(0), at: flags)
        return NTStatus.notSupported
      },
      export("MmIsDriverVerifying") { (driver: VirtualAddress) in UInt32(0) },
      export("MmIsDriverVerifyingByAddress") { (address: VirtualAddress) in UInt32(0) },
      export("MmIsDriverSuspectForVerifier") { (driver: VirtualAddress) in UInt32(0) },
      export("MmQuerySystemSize") { [self] () in
        // MmSmallSystem below 20 MB, MmMediumSystem up to 32 MB, else MmLargeSystem: the bounds of
        // Windows 2000 Professional, as remembered from "Inside Windows 2000"; unconfirmed for others.
        let megabytes = memory.tables.ram.frameCount / 256
        return UInt32(megabytes < 20 ? 0 : megabytes <= 32 ? 1 : 2)
      },
    ]
  }

  private var processExports: [Export] {
    [
      export("PsGetProcessImageFileName") { [self] (process: VirtualAddress) in
        try imageName(of: process)
      },
      export("IoIs32bitProcess") { (irp: VirtualAddress) in
        // Programs are of the kernel's own architecture.
        false
      },
    ]
  }

  /// Returns where the name of a process's image is: up to 15 characters and a terminator.
  ///
  /// The corresponding kernel routine is `PsGetProcessImageFileName`.
  private func imageName(of process: VirtualAddress) throws -> VirtualAddress {
    guard let found = processes.process(withBody: process) else {
      throw Unmodelled("PsGetProcessImageFileName: \(process) is no process")
    }
    if let name = imageNames[process] { return name }
    guard let place = try manager.allocatePool(16, .nonpaged, tag: 0x6D61_4E49) else {
      throw Unmodelled("PsGetProcessImageFileName: running out of memory")
    }
    try memory.fill(at: place, count: 16)
    try memory.store(bytes: Array(found.imageName.utf8.prefix(15)), at: place)
    imageNames[process] = place
    return place
  }

  private var identifierExports: [Export] {
    ["ExUuidCreate"].map { name in
      export(name) { [self] (identifier: VirtualAddress) in
        try memory.store(bytes: makeIdentifier(), at: identifier)
        // RPC_NT_UUID_LOCAL_ONLY: the machine has no network card, whose address would make it unique.
        return NTStatus(0x4002_0056)
      }
    }
  }

  /// Makes a UUID of version 1: the time, a sequence and a random node, as RFC 4122 lays them out.
  ///
  /// The corresponding kernel routine is `ExUuidCreate`.
  private func makeIdentifier() -> [UInt8] {
    // Units of 100 ns since 15 October 1582; two identifiers never have the same.
    let now = dispatcher.systemTime &+ 5_748_192_000_000_000
    nextIdentifier = max(nextIdentifier &+ 1, now)
    let time = nextIdentifier
    var bytes = (0..<6).map { UInt8(truncatingIfNeeded: time >> UInt64($0 * 8)) }
    bytes.append(UInt8(truncatingIfNeeded: time >> 48))
    bytes.append(UInt8(truncatingIfNeeded: time >> 56) & 0x0F | 0x10)
    // The variant and the sequence; the node has the bit of groups set, which no card has.
    bytes += [0x80, 0x01, 0x4D, 0x6F, 0x64, 0x65, 0x6C, 0x01]
    return bytes
  }
}
