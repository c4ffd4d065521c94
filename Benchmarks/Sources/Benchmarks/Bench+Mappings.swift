import GuestABI
import Lockstep
import NTKernel
import NTStructures

/// Mappings of locked pages: independent of how many there are, and linear in their pages.
extension Bench {
  /// Mappings by themselves, beside many others, and of large buffers.
  func mappingRows() throws -> [Row] {
    let few = try Architecture.allCases.map { architecture in
      let comparison = try compareCalls(architecture, 2_000) { try mapAndUnmap($0, 3 * 4096) }
      return Row(
        "MmMapLockedPages + MmUnmapLockedPages, \(architecture)",
        comparison,
        .seconds(5e-6)
      )
    }
    return try few + [crowdedRow(100_000)] + Architecture.allCases.map(largeRow)
  }

  private func crowdedRow(_ count: Int) throws -> Row {
    let crowded = try preparedCall(on: machine(.x64)) { machine in
      let manager = machine.kernel.manager
      var buffer = VirtualAddress.null
      for index in 0..<count {
        // NT counts the references of a page in 16 bits.
        if index % 50_000 == 0 { buffer = try manager.allocateUserBuffer(3 * 4096, byteOffset: 0) }
        let mdl = try lockedMDL(for: buffer, 3 * 4096, on: machine)
        _ = try manager.mapLockedPages(mdl, mode: .kernel)
      }
      return try mapAndUnmap(machine, 3 * 4096)
    }
    let empty = try preparedCall(on: machine(.x64)) {
      try mapAndUnmap($0, 3 * 4096)
    }
    let comparison = try Comparison(ours: { try crowded(2_000) }, reference: { try empty(2_000) })
    return Row("the same beside \(count) mappings, against none, x64", comparison, .atMost(1.5))
  }

  /// The time for each page of 64 MiB, or as much of that as x86's MDLs held before Vista, against
  /// that for each page of 1 MiB.
  private func largeRow(_ architecture: Architecture) throws -> Row {
    let pages = architecture == .x64 ? 64 << 8 : 16_376
    let large = try preparedCall(on: machine(architecture)) {
      try mapAndUnmap($0, pages * 4096)
    }
    let small = try preparedCall(on: machine(architecture)) {
      try mapAndUnmap($0, 1 << 20)
    }
    let comparison = try Comparison(
      ours: { try large(20) / Double(pages) },
      reference: { try small(1_000) / 256 }
    )
    return Row(
      "a page of an MDL of 64 MiB, against 1 MiB, \(architecture)",
      comparison,
      .atMost(1.5)
    )
  }

  private func mapAndUnmap(
    _ machine: Machine,
    _ byteCount: Int
  ) throws -> (GuestCode, [UInt64]) {
    let buffer = try machine.kernel.manager.allocateUserBuffer(byteCount, byteOffset: 0)
    let mdl = try lockedMDL(for: buffer, byteCount, on: machine)
    let map = try machine.address(ofExport: "MmMapLockedPages")
    let unmap = try machine.address(ofExport: "MmUnmapLockedPages")
    return (.mapAndUnmap, [map, unmap, mdl.address].map(\.rawValue))
  }

  private func lockedMDL(
    for buffer: VirtualAddress,
    _ byteCount: Int,
    on machine: Machine
  ) throws -> GuestPointer<MDL> {
    let manager = machine.kernel.manager
    guard let mdl = try manager.allocateMDL(for: buffer, byteCount: byteCount) else {
      throw GuestFailure(description: "there is no room for an MDL")
    }
    try manager.probeAndLockPages(mdl, mode: .user, operation: .modify)
    return mdl
  }
}
