internal import Findings
internal import GuestABI
internal import NTKernel

/// Finds what the address of a page fault that stopped the system once was, or lies next to.
struct FaultAnalysis {
  private let machine: Machine

  init(_ machine: Machine) { self.machine = machine }

  /// What the driver did wrong with the address, if anything is known of it.
  var findings: [Finding] {
    guard let fault = machine.lastFault, fault.access != .execute else { return [] }
    let address = fault.address
    if address.rawValue < Self.lowestUserAddress { return nullUsed(fault) }
    let verb = fault.access == .write ? "writes" : "reads"
    if let event = machine.manager.lastUse(of: address) {
      return [finding(for: event, "\(verb) \(address)", isWrite: fault.access == .write)]
    }
    if let (start, block) = machine.manager.poolBlock(endingBefore: address) {
      let past = address.rawValue &- start.rawValue &- UInt64(block.byteCount)
      let text = "\(verb) \(address), which is \(hex(past)) bytes past the end of a block"
      let size = "of \(block.byteCount) bytes of pool at \(start)"
      return [finding("pool-overrun", "\(text) \(size)", life: machine.manager.life(of: start))]
    }
    return []
  }

  /// No address below this one is ever mapped.
  private static var lowestUserAddress: UInt64 { 0x1_0000 }

  private func nullUsed(_ fault: GuestFault) -> [Finding] {
    guard let null = machine.lastNull else { return [] }
    let routine = machine.routines.exports[null.routine].name
    let verb = fault.access == .write ? "writes" : "reads"
    let (module, offset) = machine.location(of: VirtualAddress(rawValue: null.caller))
    var finding = finding(
      "null-used",
      "\(verb) \(hex(fault.address.rawValue)), which is near NULL; the last routine that returned "
        + "NULL is \(routine)",
      life: []
    )
    finding.life = [LifeEvent("\(routine) returned NULL", module: module, offset: offset)]
    return [finding]
  }

  private func finding(for event: ObjectEvent, _ act: String, isWrite: Bool) -> Finding {
    let life = machine.manager.life(of: event.object)
    guard event.act == .unmapped else {
      let offset = machine.lastFault.map { $0.address.rawValue &- event.object.rawValue } ?? 0
      return finding(
        isWrite ? "pool-write-after-free" : "pool-read-after-free",
        "\(act), which is byte \(offset) of a block of pool at \(event.object) that is freed",
        life: life
      )
    }
    return finding(
      "mdl-use-after-unmap",
      "\(act), which the MDL at \(event.object) was mapped at until it was unmapped",
      life: life
    )
  }

  private func finding(_ rule: RuleID, _ message: String, life: [ObjectEvent]) -> Finding {
    let (module, offset) = machine.location(of: machine.faultPlace)
    let description = RuleDescription(id: rule.rawValue)
    return Finding(
      rule,
      description?.severity ?? .error,
      message,
      module: module,
      offset: offset,
      evidence: description?.sources ?? [],
      explanation: description?.reason,
      remedy: description?.remedy,
      equivalents: description?.equivalents ?? [],
      life: life.map { LifeEvent($0, on: machine) }
    )
  }
}
