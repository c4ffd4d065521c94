internal import Findings
internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures

extension Machine {
  /// The most calls that a run goes on from.
  static var mostPassedCalls: Int { 1000 }

  /// Goes on from a call of a routine that is not modelled at all, if the machine is to and can.
  ///
  /// - Returns: Whether the guest goes on behind the call.
  func passOver(_ fault: GuestFault, at place: VirtualAddress) throws -> Bool {
    guard continuesPastUnmodelled, fault.access == .execute, fault.address == place,
      let name = variables.unmodelledName(at: place)
    else { return false }
    let routine = Self.identifier(in: name)
    guard let result = RoutineResult(of: routine) else { return false }
    let isX86 = memory.architecture == .x86
    // What the routine removes must be known.
    guard let removed = isX86 ? result.x86StackBytes : 0 else { return false }
    let stack = VirtualAddress(rawValue: registers.rsp)
    guard let caller: VirtualAddress = try? memory.load(at: stack) else { return false }
    context.caller = caller + -1
    removeLeftFrames()
    routineCalls += 1
    return passOver(name, routine, result.kind, removing: removed, returningTo: caller)
  }

  /// Goes on from a call of a routine that is not modelled for its arguments, if the machine is to and
  /// can.
  ///
  /// - Returns: Whether the guest goes on behind the call.
  func passOver(
    _ missing: Unmodelled,
    in index: Int,
    returningTo caller: VirtualAddress
  ) -> Bool {
    let export = routines.exports[index]
    guard continuesPastUnmodelled, let result = RoutineResult(of: export.name) else { return false }
    let removed = memory.architecture == .x86 ? export.stackSize : 0
    return passOver(missing.name, export.name, result.kind, removing: removed, returningTo: caller)
  }

  private func passOver(
    _ name: String,
    _ routine: String,
    _ kind: RoutineResult.Kind,
    removing bytes: Int,
    returningTo caller: VirtualAddress
  ) -> Bool {
    guard passedCalls.count < Self.mostPassedCalls else { return false }
    let (module, offset) = location(of: caller + -1)
    let place = module.flatMap { module in
      offset.map { UnmodelledCall.Place(module: module, offset: $0) }
    }
    passedCalls.append(
      PassedCall(
        name: name,
        routine: routine,
        arguments: arguments(of: routine),
        caller: place,
        result: kind.defaultName
      )
    )
    // The value of a routine that returns nothing is not looked at.
    setResult(kind == .status ? NTStatus.notImplemented.guestBits : 0)
    registers.rsp &+= UInt64(memory.architecture.pointerSize + bytes)
    registers.rip = caller.rawValue
    return true
  }
}

extension RoutineResult.Kind {
  /// What a routine that cannot be carried out returns, in words.
  fileprivate var defaultName: String {
    switch self {
    case .status: NTStatus.notImplemented.name
    case .pointer: "NULL"
    case .boolean: "FALSE"
    case .integer: "0"
    case .void: "nothing"
    }
  }
}
