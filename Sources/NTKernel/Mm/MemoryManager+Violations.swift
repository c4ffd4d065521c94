public import GuestABI
internal import NTStructures

/// What an MDL said of itself at one moment.
public struct MDLState: Sendable {
  public let address: VirtualAddress
  /// The bits of `MdlFlags`.
  public let flags: UInt16
  public let process: VirtualAddress
  public let mappedSystemVA: VirtualAddress
  public let startVA: VirtualAddress
  public let byteOffset: UInt32
  public let byteCount: UInt32
  /// The first of the page frame numbers.
  public let frames: [FrameNumber]

  /// The most page frame numbers that are kept.
  static var mostFrames: Int { 8 }
}

extension MemoryManager {
  /// Tells of a rule that a driver broke in the call that is being carried out.
  ///
  /// - Parameters:
  ///   - rule: The rule.
  ///   - detail: What happened, in one sentence.
  ///   - mapping: The mapping that it is about, if there is one.
  ///   - object: The MDL or block of pool that it is about; the mapping's MDL if it is not given.
  ///   - place: Where the driver did what is wrong; the call that is being carried out if it is not given.
  ///   - access: The access that breaks the rule; nil if the call itself does.
  ///   - isCertain: Whether it does harm, and not only may.
  func report(
    _ rule: Violation.Rule,
    _ detail: String,
    _ mapping: MDLMapping? = nil,
    about object: VirtualAddress? = nil,
    at place: VirtualAddress? = nil,
    by access: ObservedAccess? = nil,
    isCertain: Bool = true
  ) {
    let subject = object ?? mapping?.mdl
    // What is read here is no access of the driver's.
    isReporting = true
    defer { isReporting = false }
    sink?.record(
      .violation(
        Violation(
          rule,
          detail,
          at: access?.instruction ?? place ?? context.caller,
          isPrecise: access?.isPrecise ?? true,
          access: access,
          mapping: mapping,
          isCertain: isCertain,
          life: subject.map { life(of: $0) } ?? [],
          mdl: subject.flatMap { state(ofMDL: $0) }
        )
      )
    )
  }

  /// Tells of an address that is unmapped with an MDL that is not mapped there.
  func reportUnmap(of address: VirtualAddress, _ mdl: GuestPointer<MDL>) {
    let subject = mdl.address
    if let other = mapping(at: address), other.mdl != subject {
      let text =
        "\(address) is unmapped with the MDL at \(subject), but it is mapped with the MDL at"
      report(.unmapOther, "\(text) \(other.mdl)", about: subject)
    } else if life(of: subject).contains(where: { $0.act == .unmapped && $0.address == address }) {
      report(
        .unmapTwice,
        "\(address) is unmapped with the MDL at \(subject), where it is unmapped already",
        about: subject
      )
    } else {
      report(
        .unmapUnknown,
        "\(address) is unmapped with the MDL at \(subject), which is not mapped there",
        about: subject
      )
    }
  }

  /// Returns a mapping that an MDL has, in system space or for user mode.
  func remainingMapping(of mdl: GuestPointer<MDL>) throws -> MDLMapping? {
    if try memory[mdl].flags.contains(.mappedToSystemVA),
      let mapping = mapping(at: try memory[mdl].mappedSystemVA), mapping.mdl == mdl.address
    {
      return mapping
    }
    return userMapping(of: mdl.address)
  }

  /// Returns a mapping for user mode that an MDL has.
  func userMapping(of mdl: VirtualAddress) -> MDLMapping? {
    guard userMappingCounts[mdl] != nil else { return nil }
    return mappings.lazy.compactMap { $0 }.first { $0.mdl == mdl && $0.mode == .user }
  }

  /// Takes note that a mapping for user mode is removed.
  func forgetUserMapping(of mdl: VirtualAddress) {
    guard let count = userMappingCounts[mdl] else { return }
    userMappingCounts[mdl] = count > 1 ? count - 1 : nil
  }

  /// What is known of the life of the MDL or block of pool at an address, the first act first.
  public func life(of object: VirtualAddress) -> [ObjectEvent] {
    var life = ledger.life(of: object)
    guard life.first?.act != .allocated else { return life }
    if let freed = (nonpagedPool.freedBlock(at: object) ?? pagedPool.freedBlock(at: object)),
      let contents = freed.contents, life.isEmpty
    {
      return [
        ObjectEvent(.allocated, object, at: contents.allocatedBy),
        ObjectEvent(.freed, object, at: contents.freedBy),
      ]
    }
    if let block = nonpagedPool.blocks[object] ?? pagedPool.blocks[object] {
      life.insert(ObjectEvent(.allocated, object, at: block.caller), at: 0)
    }
    return life
  }

  /// Takes note of what is done with an object in the call that is being carried out.
  @inline(__always)
  func note(
    _ act: ObjectAct,
    _ object: VirtualAddress,
    _ address: VirtualAddress = .null,
    pageCount: Int = 0
  ) {
    ledger.note(ObjectEvent(act, object, at: context.caller, address, pageCount: pageCount))
  }

  /// Returns what an MDL says of itself, or nil if there is none at the address.
  func state(ofMDL address: VirtualAddress) -> MDLState? {
    guard isMDL(address) else { return nil }
    let mdl = GuestPointer<MDL>(address)
    let view = memory[mdl]
    do {
      let start = try view.startVA
      let byteCount = try view.byteCount
      let pages = MDL.pageCount(
        from: start + Int(try view.byteOffset & 0xFFF),
        byteCount: Int(byteCount)
      )
      return MDLState(
        address: address,
        flags: try view.flags.rawValue,
        process: try view.process,
        mappedSystemVA: try view.mappedSystemVA,
        startVA: start,
        byteOffset: try view.byteOffset,
        byteCount: byteCount,
        frames: try pageFrames(of: mdl, count: min(pages, MDLState.mostFrames))
      )
    } catch {
      // What a driver passes for an MDL may lead anywhere: then there is nothing to show.
      return nil
    }
  }

  /// Whether an address is that of an MDL, as far as is known.
  private func isMDL(_ address: VirtualAddress) -> Bool {
    if allocatedMDLs[address] != nil || locks[address] != nil { return true }
    var isMDL = false
    ledger.forEachFromLast { event in
      guard event.object == address else { return true }
      isMDL = event.act != .allocated && event.act != .freed
      return !isMDL
    }
    return isMDL
  }
}
