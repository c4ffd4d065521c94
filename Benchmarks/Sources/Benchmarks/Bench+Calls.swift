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

  // How calls are measured

  /// Returns a closure that repeats a routine, and returns the seconds that one turn took.
  func preparedCall(
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
  func compareCalls(
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
