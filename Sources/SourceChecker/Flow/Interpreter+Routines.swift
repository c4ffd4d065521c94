extension Interpreter {
  /// Does what a known routine does.
  func perform(
    _ routine: Routine,
    _ arguments: [Expression],
    _ values: [Value],
    _ expression: Expression
  ) throws(Interruption) -> Value {
    let range = expression.range
    let first = values.first
    switch routine {
    case .allocateMDL, .createMDL, .allocatePages:
      return allocate(routine, arguments, values, range)
    case .initializeMDL:
      change(first) { $0 = State.MDL(contents: .empty) }
    case .freeMDL:
      change(first) { $0.isFreed = true }
    case .buildPartial:
      if values.count > 1 { change(values[1]) { $0.contents = .partial } }
    case .prepareForReuse:
      change(first) {
        $0.contents = .empty
        $0.systemMapping = nil
      }
    case .buildNonpaged:
      change(first) { $0.contents = .nonpaged }
    case .lock(_, let operation):
      try mayRaise()
      change(first) {
        $0.contents = .locked
        $0.lock = range
        $0.lockOperation = operation < values.count ? values[operation].integer : nil
      }
    case .unlock:
      change(first) { mdl in
        mdl.contents = .unlocked
        if let mapping = mdl.systemMapping {
          self.state.unmapped.insert(mapping)
        }
        mdl.systemMapping = nil
      }
    case .freePages:
      change(first) { $0.contents = .pagesFreed }
    case .freePool:
      // It frees an MDL, but not pages that were allocated with it.
      if let symbol = first?.symbol, let mdl = state.mdls[symbol], mdl.contents != .pages {
        state.mdls[symbol]?.isFreed = true
      }
    case .map(let mapping): return try map(mapping, values, range)
    case .unmap: unmap(values)
    case .virtualAddress, .byteOffset, .byteCount: return attribute(routine, first, range)
    case .pageAlign:
      guard let first, let argument = arguments.first else { return .symbol(fresh(range)) }
      tell(.aligned(first, expression, argument: argument))
      return first.with(.pageAligned)
    case .lowBits: return first.map { lowBits(of: $0, expression) } ?? .symbol(fresh(range))
    case .truncate: return first?.with(.truncated) ?? .symbol(fresh(range))
    case .widen: return first ?? .symbol(fresh(range))
    case .allocatePool:
      return .symbol(fresh(range, .pool(arguments.first.map { spelling($0.range) } ?? "")))
    case .allocateAligned: return .symbol(fresh(range, .alignedMemory))
    case .acquireSpinLock:
      state.spinLocks.append(arguments.first.map { spelling($0.range) } ?? "")
      clearOutput(values, 1, arguments)
    case .raiseIRQL:
      let level = arguments.first.map { spelling($0.range) } ?? "DISPATCH_LEVEL"
      state.spinLocks.append(Self.lowLevels.contains(level) ? "" : "the IRQL")
      clearOutput(values, 1, arguments)
    case .lowerIRQL: _ = state.spinLocks.popLast()
    case .releaseSpinLock:
      let lock = arguments.first.map { spelling($0.range) } ?? ""
      if let index = state.spinLocks.lastIndex(of: lock) {
        state.spinLocks.remove(at: index)
      } else {
        state.spinLocks = []
      }
    case .exceptionCode: return .symbol(fresh(range, .status(isSuccess: false)))
    case .abnormalTermination: return .integer(state.isUnwinding ? 1 : 0)
    case .stop: throw .impossible
    case .raise: throw tryDepth > 0 ? .raised : .impossible
    case .memory(let reads, let writes):
      for (indices, isWrite) in [(reads, false), (writes, true)] {
        for index in indices where index < values.count {
          access(values[index], arguments[index].range, isWrite: isWrite)
        }
      }
    case .stackLocation:
      if let symbol = first?.symbol { return .symbol(derived(symbol, "stack", .other, range)) }
    case .networkMDL:
      if let symbol = first?.symbol { return .symbol(derived(symbol, "mdl", .mdl, range)) }
      return .symbol(fresh(range, .mdl))
    case .harmless: break
    }
    return .symbol(fresh(range))
  }

  private static let lowLevels: Set<String> = ["PASSIVE_LEVEL", "APC_LEVEL"]

  /// What a value says as an access mode.
  func accessMode(_ value: Value) -> AccessMode {
    switch value.integer {
    case 0: .kernel
    case 1: .user
    default: .unknown
    }
  }

  /// Goes on with an exception too, where one would be caught or seen.
  private func mayRaise() throws(Interruption) {
    if tryDepth > 0, oracle.choose(2) == 1 { throw .raised }
  }

  private func change(_ value: Value?, _ change: (inout State.MDL) -> Void) {
    guard let symbol = value?.symbol else { return }
    var mdl = state.mdls[symbol] ?? State.MDL()
    change(&mdl)
    state.mdls[symbol] = mdl
  }

  private func clearOutput(_ values: [Value], _ index: Int, _ arguments: [Expression]) {
    guard index < values.count, case .address(let place) = values[index].base else { return }
    state.values[place] = .symbol(fresh(arguments[index].range, tag: 1))
  }

  private func allocate(
    _ routine: Routine,
    _ arguments: [Expression],
    _ values: [Value],
    _ range: Range<Int>
  ) -> Value {
    let symbol = fresh(range, .mdl)
    var mdl = State.MDL(contents: .empty, allocation: range)
    switch routine {
    case .allocateMDL:
      mdl.allocator = .ioAllocateMdl
      mdl.memory = values.first
      // The I/O manager frees an MDL that hangs on an IRP.
      if values.count > 4, values[4].integer != 0 {
        mdl.isEscaped = true
        if let irp = values[4].symbol, values[2].integer == 0 {
          state.values[.field(irp, "MdlAddress")] = .symbol(symbol)
        }
      }
    case .createMDL:
      mdl.allocator = .mmCreateMdl
      mdl.memory = values.count > 1 ? values[1] : nil
      if values.first?.integer != 0 { mdl.allocator = nil }
    default:
      mdl.allocator = .mmAllocatePages
      mdl.contents = .pages
      mdl.isLengthKnown =
        arguments.last.map { spelling($0.range).contains("FULLY_REQUIRED") } ?? false
    }
    state.mdls[symbol] = mdl
    return .symbol(symbol)
  }

  private func map(
    _ routine: MappingRoutine,
    _ values: [Value],
    _ range: Range<Int>
  ) throws(Interruption) -> Value {
    // MmMapLockedPagesWithReservedMapping(address, tag, mdl, cache)
    let mdlIndex = routine == .mapLockedPagesWithReservedMapping ? 2 : 0
    let mdl = mdlIndex < values.count ? values[mdlIndex].symbol : nil
    let known = mdl.flatMap { state.mdls[$0] }
    var mode = AccessMode.kernel
    if routine == .mapLockedPages || routine == .mapLockedPagesSpecifyCache {
      mode = values.count > 1 ? accessMode(values[1]) : .unknown
    }
    if routine.reusesMapping, let mapping = known?.systemMapping { return .symbol(mapping) }
    if mode == .user { try mayRaise() }
    let isNonpaged = known?.contents == .nonpaged
    let canBeNull: Bool
    switch routine {
    case .systemAddressSafe: canBeNull = !isNonpaged
    case .systemAddress: canBeNull = known?.canFail == true && !isNonpaged
    case .mapLockedPagesSpecifyCache:
      canBeNull = mode == .kernel && values.count > 4 && values[4].integer == 0
    case .mapLockedPagesWithReservedMapping: canBeNull = true
    case .mapLockedPages: canBeNull = mode == .kernel && known?.canFail == true
    }
    let mapping = SymbolInfo.Mapping(
      routine: routine,
      mdl: mdl,
      mode: mode,
      canBeNull: canBeNull,
      range: range
    )
    // The tag tells mappings of different MDLs, or of MDLs in different states, apart.
    var tag = (mdl?.number ?? -1) + 1
    tag = tag * 8 + (mode == .kernel ? 2 : mode == .user ? 4 : 0) + (canBeNull ? 1 : 0)
    let symbol = fresh(range, tag: tag, .mapping(mapping))
    if let mdl {
      change(.symbol(mdl)) { state in
        state.wasUsed = true
        switch mode {
        case .kernel: state.systemMapping = symbol
        case .user: state.userMapping = symbol
        case .unknown: break
        }
      }
    }
    return .symbol(symbol)
  }

  private func unmap(_ values: [Value]) {
    let address = values.first?.symbol
    if let address { state.unmapped.insert(address) }
    guard values.count > 1, let mdl = values[1].symbol else { return }
    change(.symbol(mdl)) { state in
      if address == nil || state.userMapping != address && state.systemMapping != address {
        // It may be either.
        state.userMapping = nil
        state.systemMapping = nil
      }
      if state.userMapping == address { state.userMapping = nil }
      if state.systemMapping == address { state.systemMapping = nil }
    }
  }

  private func attribute(_ routine: Routine, _ value: Value?, _ range: Range<Int>) -> Value {
    guard let mdl = value?.symbol else { return .symbol(fresh(range)) }
    change(value) { _ in }
    switch routine {
    case .byteOffset: return .symbol(derived(mdl, "ByteOffset", .byteOffset(mdl), range))
    case .byteCount:
      state.mdls[mdl]?.isLengthKnown = true
      return .symbol(derived(mdl, "ByteCount", .byteCount(mdl), range))
    default: return .symbol(derived(mdl, "VirtualAddress", .virtualAddress(mdl), range))
    }
  }
}
