internal import Findings
internal import GuestABI
internal import NTKernel
internal import NTStructures

extension Finding {
  /// Creates a finding from a rule that was seen to be broken.
  init(_ violation: Violation, on machine: Machine) {
    let (module, offset) = machine.location(of: violation.location)
    let description = RuleDescription(id: violation.rule.rawValue)
    self.init(
      RuleID(rawValue: violation.rule.rawValue),
      violation.isCertain ? description?.severity ?? .error : .warning,
      violation.detail,
      module: module,
      offset: offset,
      isPrecise: violation.isPrecise,
      evidence: description?.sources ?? [],
      explanation: description?.reason,
      remedy: description?.remedy,
      equivalents: description?.equivalents ?? [],
      life: violation.life.map { LifeEvent($0, on: machine) },
      mdl: violation.mdl.map(MDLDescription.init)
    )
  }
}

extension LifeEvent {
  /// Creates what a report says of an act.
  init(_ event: ObjectEvent, on machine: Machine) {
    let (module, offset) = machine.location(of: event.place)
    self.init(event.text, module: module, offset: offset, count: event.count)
  }
}

extension ObjectEvent {
  /// What was done, in words.
  fileprivate var text: String {
    switch act {
    case .allocated: "allocated"
    case .initialized: "initialized"
    case .built: "built for nonpaged memory"
    case .builtAsPart: "built as a part of the MDL at \(address)"
    case .locked: "locked"
    case .mapped: "mapped at \(address)"
    case .unmapped: "unmapped from \(address)"
    case .unlocked: "unlocked"
    case .freed: "freed"
    }
  }
}

extension MDLDescription {
  /// Creates what a report says of an MDL.
  init(_ state: MDLState) {
    let flags = MDL.Flags(rawValue: state.flags)
    let byteOffset = Int(state.byteOffset & 0xFFF)
    self.init(
      address: state.address.rawValue,
      flags: MDL.Flags.names.filter { flags.contains($0.flag) }.map(\.name),
      process: state.process.rawValue,
      mappedSystemVA: state.mappedSystemVA.rawValue,
      startVA: state.startVA.rawValue,
      byteOffset: byteOffset,
      byteCount: Int(state.byteCount),
      pageCount: MDL.pageCount(from: state.startVA + byteOffset, byteCount: Int(state.byteCount)),
      frames: state.frames.map(UInt64.init)
    )
  }
}

extension MDL.Flags {
  /// The flags that say something of the pages, with their names in the headers.
  fileprivate static let names: [(flag: Self, name: String)] = [
    (.mappedToSystemVA, "MAPPED_TO_SYSTEM_VA"), (.pagesLocked, "PAGES_LOCKED"),
    (.sourceIsNonpagedPool, "SOURCE_IS_NONPAGED_POOL"),
    (.allocatedFixedSize, "ALLOCATED_FIXED_SIZE"), (.partial, "PARTIAL"),
    (.partialHasBeenMapped, "PARTIAL_HAS_BEEN_MAPPED"), (.ioPageRead, "IO_PAGE_READ"),
    (.writeOperation, "WRITE_OPERATION"), (.ioSpace, "IO_SPACE"),
    (.mappingCanFail, "MAPPING_CAN_FAIL"),
  ]
}
