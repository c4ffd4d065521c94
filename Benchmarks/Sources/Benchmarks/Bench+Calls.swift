import GuestABI
import GuestEngine
import Lockstep
import NTKernel
import NTStructures

/// Routines of the kernel, called by the guest in a loop.
extension Bench {
  /// An exported routine with two arguments against the bare engine's stop and resume.
  func callRows() throws -> [Row] {
    try Architecture.allCases.map { architecture in
      let comparison = try compareCalls(architecture, 40_000) { machine in
        let sizeOfMDL = try machine.address(ofExport: "MmSizeOfMdl")
        return (.callWithTwoArguments, [sizeOfMDL.rawValue, 0x1234, 0x5678])
      }
      return Row("call with two arguments, \(architecture)", comparison, .atMost(2))
    }
  }

  /// Strings and pools.
  func routineRows() throws -> [Row] {
    try Architecture.allCases.flatMap { architecture in
      let strings = try compareCalls(architecture, 20_000) { machine in
        let routine = try machine.address(ofExport: "RtlInitUnicodeString")
        let text = try machine.newPage()
        try machine.store(#"\Device\Lockstep"#.utf16.flatMap { [UInt8($0 & 0xFF), 0] }, at: text)
        let string = try machine.newPage()
        return (.callWithTwoArguments, [routine, string, text].map(\.rawValue))
      }
      let pools = try compareCalls(architecture, 20_000) { machine in
        let allocate = try machine.address(ofExport: "ExAllocatePoolWithTag")
        let free = try machine.address(ofExport: "ExFreePool")
        return (.allocateAndFree, [allocate.rawValue, free.rawValue, 0, 100, 0x6863_6E42])
      }
      return [
        Row("RtlInitUnicodeString, \(architecture)", strings, .seconds(0.4e-6)),
        Row("ExAllocatePoolWithTag + ExFreePool, \(architecture)", pools, .seconds(1e-6)),
      ]
    }
  }

  /// Mappings of locked pages.
  func mappingRows() throws -> [Row] {
    let few = try Architecture.allCases.map { architecture in
      let comparison = try compareCalls(architecture, 2_000, mapAndUnmap)
      return Row(
        "MmMapLockedPages + MmUnmapLockedPages, \(architecture)",
        comparison,
        .seconds(5e-6)
      )
    }
    let crowded = try preparedCall(on: machine(.x64)) { machine in
      let buffer = try machine.kernel.manager.allocateUserBuffer(3 * 4096, byteOffset: 0)
      for _ in 0..<50_000 {
        let mdl = try lockedMDL(for: buffer, on: machine)
        _ = try machine.kernel.manager.mapLockedPages(mdl, mode: .kernel)
      }
      return try mapAndUnmap(machine)
    }
    let empty = try preparedCall(on: machine(.x64), mapAndUnmap)
    let comparison = try Comparison(ours: { try crowded(2_000) }, reference: { try empty(2_000) })
    return few + [Row("the same beside 50,000 mappings, x64", comparison, .seconds(5e-6))]
  }

  private func mapAndUnmap(_ machine: Machine) throws -> (GuestCode, [UInt64]) {
    let buffer = try machine.kernel.manager.allocateUserBuffer(3 * 4096, byteOffset: 0)
    let mdl = try lockedMDL(for: buffer, on: machine)
    let map = try machine.address(ofExport: "MmMapLockedPages")
    let unmap = try machine.address(ofExport: "MmUnmapLockedPages")
    return (.mapAndUnmap, [map, unmap, mdl.address].map(\.rawValue))
  }

  private func lockedMDL(
    for buffer: VirtualAddress,
    on machine: Machine
  ) throws -> GuestPointer<MDL> {
    let manager = machine.kernel.manager
    guard let mdl = try manager.allocateMDL(for: buffer, byteCount: 3 * 4096) else {
      throw GuestFailure(description: "there is no room for an MDL")
    }
    try manager.probeAndLockPages(mdl, mode: .user, operation: .modify)
    return mdl
  }

  // How calls are measured

  /// Returns a closure that repeats a routine, and returns the seconds that one turn took.
  private func preparedCall(
    on machine: Machine,
    _ prepare: (Machine) throws -> (GuestCode, [UInt64])
  ) throws -> (Int) throws -> Double {
    let (code, parameters) = try prepare(machine)
    return try Self.repeated(code, parameters, on: machine)
  }

  private static func repeated(
    _ code: GuestCode,
    _ parameters: [UInt64],
    on guest: some Guest
  ) throws -> (Int) throws -> Double {
    let routine = try guest.load(code)
    let array = try guest.array(parameters)
    return { count in
      try seconds { try guest.call(routine, UInt64(count), array.rawValue) } / Double(count)
    }
  }

  /// Compares calls of kernel routines with the bare engine's stop and resume at the same calls.
  private func compareCalls(
    _ architecture: Architecture,
    _ count: Int,
    _ prepare: (Machine) throws -> (GuestCode, [UInt64])
  ) throws -> Comparison {
    let (machine, bare) = (try machine(architecture), try bareGuest(architecture))
    let (code, parameters) = try prepare(machine)
    let ours = try Self.repeated(code, parameters, on: machine)
    let routines = code.routineStackSizes.map { bare.stop(stackSize: $0).rawValue }
    let others = parameters.dropFirst(routines.count)
    let reference = try Self.repeated(code, routines + others, on: bare)
    return try Comparison(ours: { try ours(count) }, reference: { try reference(count) })
  }
}
