internal import Findings
internal import GuestABI
internal import NTKernel

/// Something that is left when a driver is gone.
struct Leak {
  /// What is left.
  let what: String
  /// The driver's call that took it, if one is known.
  let allocatedAt: VirtualAddress?
  /// The MDL or block of pool that it is, or belongs to.
  let object: VirtualAddress?
  /// The rule that the driver broke.
  let rule: RuleID
  /// The name of the driver that left it.
  var driver = ""

  init(
    _ what: String,
    _ allocatedAt: VirtualAddress?,
    _ object: VirtualAddress? = nil,
    _ rule: RuleID = .leak
  ) {
    self.what = what
    self.allocatedAt = allocatedAt
    self.object = object
    self.rule = rule
  }

  /// What a report says of it.
  func finding(on machine: Machine, _ driver: String) -> Finding {
    let (module, offset) = allocatedAt.map(machine.location(of:)) ?? (driver, nil)
    let description = RuleDescription(id: rule.rawValue)
    return Finding(
      rule,
      description?.severity ?? .error,
      "\(what) is left when the driver is unloaded",
      module: module,
      offset: offset,
      equivalents: description?.equivalents ?? [],
      life: object.map { machine.manager.life(of: $0).map { LifeEvent($0, on: machine) } } ?? []
    )
  }
}

extension DriverSession {
  /// What is told of a block of pool that is left.
  func leak(of block: PoolBlock) -> Leak {
    let kind = block.isPaged ? "paged" : "nonpaged"
    guard block.isMDL else {
      let what = "a block of \(block.byteCount) bytes of \(kind) pool"
      return Leak(what, block.caller, block.address)
    }
    guard let place = machine.manager.freeOfHead(of: block.address) else {
      return Leak("an MDL", block.caller, block.address)
    }
    return Leak(
      "an MDL whose chain was freed only at its head",
      place,
      block.address,
      "mdl-chain-leak"
    )
  }
}
