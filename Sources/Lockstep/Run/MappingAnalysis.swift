internal import Findings
internal import GuestABI
internal import NTKernel

/// Finds what was wrong with the addresses that a driver used for mapped pages.
///
/// A driver that accesses the same bytes of its buffer whatever the buffer's byte offset uses the right
/// address. One whose first access moves by exactly the byte offset added it twice, or never.
struct MappingAnalysis {
  private let machine: Machine

  init(_ machine: Machine) { self.machine = machine }

  /// The findings, one for each kind of mistake and place.
  var findings: [Finding] {
    var result: [Finding] = []
    let mappings = machine.trace.mappings.map(\.mapping) + machine.manager.liveMappings
    for mapping in mappings {
      guard var finding = finding(for: mapping, among: mappings) else { continue }
      tellLife(of: mapping, in: &finding)
      if !result.contains(where: { $0.rule == finding.rule && $0.offset == finding.offset }) {
        result.append(finding)
      }
    }
    if let finding = findingForFault(among: mappings) { result.append(finding) }
    return result
  }

  /// Adds what was done with the MDL of a mapping up to the access.
  private func tellLife(of mapping: MDLMapping, in finding: inout Finding) {
    for entry in machine.trace.entries {
      guard case .violation(let violation) = entry.event,
        violation.mapping?.base == mapping.base, violation.mapping?.mdl == mapping.mdl
      else { continue }
      finding.life = violation.life.map { LifeEvent($0, on: machine) }
      finding.mdl = violation.mdl.map(MDLDescription.init)
      return
    }
    let (module, offset) = machine.location(of: mapping.caller)
    finding.life = [LifeEvent("mapped at \(mapping.returned)", module: module, offset: offset)]
  }

  /// The bytes from the buffer to the lowest access, which is negative before it.
  private func shift(of mapping: MDLMapping) -> Int? {
    mapping.lowestAccess.map {
      Int(Int64(bitPattern: $0.address.rawValue &- mapping.window.lowerBound.rawValue))
    }
  }

  private func finding(for mapping: MDLMapping, among mappings: [MDLMapping]) -> Finding? {
    guard let shift = shift(of: mapping), let lowest = mapping.lowestAccess else { return nil }
    if mapping.byteOffset != 0 {
      if mapping.isReserved, shift == -mapping.byteOffset {
        return reservedMappingAddress(mapping, lowest)
      }
      if shift == -mapping.byteOffset { return offsetNotAdded(mapping, lowest) }
      let isDoubled = shift == mapping.byteOffset
      if isDoubled, mapping.firstAccessOutside != nil || startsAtBuffer(mapping, mappings) {
        return offsetAddedTwice(mapping, lowest)
      }
    }
    guard let outside = mapping.firstAccessOutside else { return nil }
    // What MmAdvanceMdl has passed belongs to the buffer no more.
    let start =
      outside.address < mapping.window.lowerBound
      ? mapping.window.lowerBound : mapping.remainder.lowerBound
    let distance =
      outside.address < start
      ? start.rawValue - outside.address.rawValue
      : (outside.address + outside.byteCount).rawValue &- mapping.window.upperBound.rawValue
    let side = outside.address < start ? "before the start" : "past the end"
    let (module, offset) = place(of: outside, mapping)
    return Finding(
      .accessOutsideBuffer,
      .error,
      "\(verb(outside)) \(distance) bytes \(side) of a buffer of \(hex(mapping.byteCount)) bytes",
      module: module,
      offset: offset,
      isPrecise: outside.isPrecise,
      explanation: "The pages of an MDL hold more than the buffer: what lies beside it is not the "
        + "driver's.",
      remedy: "access MmGetMdlByteCount(mdl) bytes from the buffer's address, and no more",
      picture: picture(mapping, outside, expected: mapping.window.lowerBound)
    )
  }

  /// Whether the same code begins at the start of a buffer whose byte offset is 0.
  private func startsAtBuffer(_ mapping: MDLMapping, _ mappings: [MDLMapping]) -> Bool {
    mappings.contains {
      $0.caller == mapping.caller && $0.byteOffset == 0 && shift(of: $0) == 0
    }
  }

  private func offsetAddedTwice(_ mapping: MDLMapping, _ access: ObservedAccess) -> Finding {
    let (module, offset) = place(of: access, mapping)
    return Finding(
      .offsetAddedTwice,
      .error,
      "\(verb(access)) \(access.address), which is \(hex(mapping.byteOffset)) bytes too high: "
        + "MmMapLockedPages returned \(mapping.returned), which includes the byte offset already",
      module: module,
      offset: offset,
      isPrecise: access.isPrecise,
      evidence: ["KB199311", "KD-001"] + (mapping.dependsOnReading ? ["KD-002"] : []),
      explanation: mapping.dependsOnReading
        ? "Under this reading, MmMapLockedPages with KernelMode returned the address of the buffer "
          + "before NT 4.0 SP4 too, as the page of MmGetSystemAddressForMdl promised."
        : "From NT 4.0 SP4 on, MmMapLockedPages returns the address of the buffer; up to SP3 it "
          + "returned the start of the buffer's first page.",
      remedy: Self.portableForm,
      picture: picture(mapping, access, expected: access.address + -mapping.byteOffset)
    )
  }

  private func offsetNotAdded(_ mapping: MDLMapping, _ access: ObservedAccess) -> Finding {
    let (module, offset) = place(of: access, mapping)
    let isReturnedAligned = mapping.returned == mapping.base
    return Finding(
      .offsetNotAdded,
      .error,
      "\(verb(access)) \(access.address), which is \(hex(mapping.byteOffset)) bytes too low: "
        + "the mapping's first page, not the buffer"
        + (isReturnedAligned ? ", is what MmMapLockedPages returned" : ""),
      module: module,
      offset: offset,
      isPrecise: access.isPrecise,
      evidence: ["KB199311", "KD-001"] + (mapping.dependsOnReading ? ["KD-002"] : []),
      explanation: isReturnedAligned
        ? "Up to NT 4.0 SP3, MmMapLockedPages returned the start of the buffer's first page; the "
          + "buffer begins MmGetMdlByteOffset bytes further."
        : nil,
      remedy: Self.portableForm,
      picture: picture(mapping, access, expected: access.address + mapping.byteOffset)
    )
  }

  /// The address that the MDL holds was used, and not the one that was returned.
  private func reservedMappingAddress(
    _ mapping: MDLMapping,
    _ access: ObservedAccess
  ) -> Finding {
    let (module, offset) = place(of: access, mapping)
    let rule = RuleDescription(id: "mdl-reserved-mapping-address")
    return Finding(
      "mdl-reserved-mapping-address",
      .error,
      "\(verb(access)) \(access.address), which is \(hex(mapping.byteOffset)) bytes too low: "
        + "MappedSystemVa of a reserved mapping, and not \(mapping.returned), which was returned",
      module: module,
      offset: offset,
      isPrecise: access.isPrecise,
      evidence: ["KD-005"],
      explanation: rule?.reason,
      remedy: rule?.remedy,
      picture: picture(mapping, access, expected: access.address + mapping.byteOffset)
    )
  }

  private static let portableForm =
    "(PVOID)((ULONG_PTR)MmMapLockedPages(mdl, mode) | MmGetMdlByteOffset(mdl))"

  /// A page fault at an address that was made from a mapping's.
  private func findingForFault(among mappings: [MDLMapping]) -> Finding? {
    guard let fault = machine.lastFault else { return nil }
    let address = fault.address
    let access = ObservedAccess(
      address: address,
      byteCount: 1,
      access: fault.access,
      instruction: machine.faultPlace,
      isPrecise: true
    )
    let (module, offset) = machine.location(of: machine.faultPlace)
    let verb = verb(access)
    for mapping in mappings.reversed() {
      let reach = UInt64(mapping.byteOffset * 2 + mapping.byteCount)
      let low = mapping.base.rawValue & 0xFFFF_FFFF
      if mapping.base.rawValue > 0xFFFF_FFFF, address.rawValue >= low,
        address.rawValue < low + reach
      {
        let whole = mapping.base.rawValue & ~0xFFFF_FFFF | address.rawValue
        return Finding(
          .pointerTruncated,
          .error,
          "\(verb) \(address): the address \(VirtualAddress(rawValue: whole)) of the mapped pages "
            + "without its high 32 bits",
          module: module,
          offset: offset,
          evidence: ["KB199311", "KD-003"],
          explanation: "ULONG has 32 bits on 64-bit Windows too; a pointer has 64.",
          remedy: Self.portableForm,
          picture: picture(mapping, access, expected: mapping.window.lowerBound)
        )
      }
      if mapping.byteOffset != 0, mapping.pages.upperBound <= address,
        address < mapping.pages.upperBound + mapping.byteOffset
      {
        let first = mapping.firstAccess ?? access
        return offsetAddedTwice(mapping, shift(of: mapping) == mapping.byteOffset ? first : access)
      }
    }
    return nil
  }

  private func verb(_ access: ObservedAccess) -> String {
    access.access == .write ? "writes" : "reads"
  }

  private func place(
    of access: ObservedAccess,
    _ mapping: MDLMapping
  ) -> (module: String?, offset: Int?) {
    machine.location(of: access.instruction ?? mapping.caller)
  }

  private func picture(
    _ mapping: MDLMapping,
    _ access: ObservedAccess,
    expected: VirtualAddress
  ) -> MDLPicture {
    MDLPicture(
      base: mapping.base.rawValue,
      pageCount: mapping.pageCount,
      byteOffset: mapping.byteOffset,
      byteCount: mapping.byteCount,
      returned: mapping.returned.rawValue,
      used: access.address.rawValue,
      usedByteCount: access.byteCount,
      isWrite: access.access == .write,
      expected: expected.rawValue
    )
  }
}
