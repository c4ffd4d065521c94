internal import CUnicorn
public import GuestABI
public import GuestEngine

/// An x86 or x64 processor that Unicorn emulates.
///
/// Unicorn asks for each translation of an address; the answer comes from the guest's own page tables.
/// A page is writable in Unicorn's cache or executable, not both, unless instructions were ever
/// fetched from its frame: so stores stay fast, and code that is changed through an alias runs
/// changed. Watched pages are answered with addresses of memory-mapped I/O, which report each access.
public final class UnicornEngine: Engine {
  /// What the processor is set up with.
  public struct Configuration: Sendable {
    /// The descriptor table, which holds the selectors of ``Selectors`` on x86.
    public var descriptorTable: VirtualAddress
    /// The bytes of the table.
    public var descriptorTableSize: Int
    /// The addresses that stop the processor: each holds `hlt`, and they are 16 bytes apart.
    public var exportSlots: Range<VirtualAddress>

    /// Creates a configuration.
    public init(
      descriptorTable: VirtualAddress,
      descriptorTableSize: Int,
      exportSlots: Range<VirtualAddress>
    ) {
      self.descriptorTable = descriptorTable
      self.descriptorTableSize = descriptorTableSize
      self.exportSlots = exportSlots
    }
  }

  /// The bytes between two export slots.
  public static var slotSize: Int { 16 }

  let memory: AddressSpace
  let processor: ProcessorState
  let configuration: Configuration
  let library: UnicornLibrary
  // Set once by `init`, when the functions that it hands out can be called.
  private(set) var engine: OpaquePointer?

  var watched = WatchedPages()
  var lastFault: GuestFault?
  /// Why the engine asked itself to stop.
  var requestedExit: Exit?
  var instructionObservers: [(range: Range<VirtualAddress>, observer: any InstructionObserver)] = []
  /// The pages that were searched for instructions to intercept, and the frames that they showed.
  var scannedPages: [VirtualAddress: FrameNumber] = [:]
  /// The addresses that are intercepted.
  var interceptedAddresses: Set<VirtualAddress> = []
  /// The frames of code that the guest may write to.
  var rewrittenFrames: Set<FrameNumber> = []
  /// Whether translations must be forgotten when the access to a watched page is done.
  var isWatchedFlushNeeded = false
  private var isFlushNeeded = false
  /// The root of the page tables that the processor last used, or nil if it is not known.
  private var loadedRoot: PhysicalAddress?

  /// Creates a processor in 32-bit protected mode or 64-bit long mode, at CPL 0, with paging on.
  ///
  /// - Throws: ``EngineError`` if Unicorn cannot be set up.
  public init(
    library: UnicornLibrary,
    memory: AddressSpace,
    processor: ProcessorState,
    configuration: Configuration
  ) throws(EngineError) {
    self.library = library
    self.memory = memory
    self.processor = processor
    self.configuration = configuration
    var owner = Self.makeOwner()
    owner.context = Unmanaged.passUnretained(self).toOpaque()
    engine = ls_engine_make(
      library.library,
      memory.architecture == .x64,
      memory.ram.base,
      UInt64(memory.ram.frameCount) * 4096,
      WatchedPages.base,
      WatchedPages.byteCount,
      &owner
    )
    guard engine != nil else { throw EngineError(.failed, "Unicorn cannot make a processor") }
    setUpPaging()
  }

  deinit {
    if let engine { ls_engine_destroy(engine) }
  }

  private func setUpPaging() {
    let format = memory.tables.format
    // OSFXSR and OSXMMEXCPT, PGE, and PAE or PSE.
    ls_engine_write(engine, Int32(LS_REG_CR4), format == .twoLevel ? 0x690 : 0x6A0)
    switch format {
    case .twoLevel: break
    case .pae: ls_engine_set_msr(engine, 0xC000_0080, 0x800)
    case .fourLevel: ls_engine_set_msr(engine, 0xC000_0080, 0xD01)
    }
    ls_engine_write(engine, Int32(LS_REG_CR3), memory.tables.root.rawValue)
    // PG, AM, WP, NE, ET, MP, PE: in kernel mode a page that is not writable stays so.
    ls_engine_write(engine, Int32(LS_REG_CR0), 0x8005_0033)
    ls_engine_set_gdt(
      engine,
      configuration.descriptorTable.rawValue,
      UInt32(configuration.descriptorTableSize - 1)
    )
    if memory.architecture == .x86 {
      // NT's selectors: 08 code, 10 and 23 data, 30 the processor control region.
      for (register, selector) in [
        (LS_REG_CS, 0x08), (LS_REG_SS, 0x10), (LS_REG_DS, 0x23), (LS_REG_ES, 0x23),
        (LS_REG_FS, 0x30),
      ] {
        ls_engine_write(engine, Int32(register), UInt64(selector))
      }
    }
  }

  public func run(_ registers: inout CallFrame.Registers) throws(EngineError) -> Exit {
    let modified = rewrittenFrames.union(memory.ram.modifiedCodeFrames)
    if !modified.isEmpty {
      // They are searched anew when instructions are next fetched from them.
      scannedPages = scannedPages.filter { !modified.contains($0.value) }
      rewrittenFrames.removeAll()
      isFlushNeeded = true
    }
    if memory.hasStaleTranslations || isFlushNeeded {
      // Another process's tables may be in force than when the processor last ran.
      if loadedRoot != memory.tables.root {
        loadedRoot = memory.tables.root
        ls_engine_write(engine, Int32(LS_REG_CR3), memory.tables.root.rawValue)
      }
      ls_engine_flush_addresses(engine)
      memory.clearStaleTranslations()
      isFlushNeeded = false
    }
    if memory.ram.hasModifiedCode {
      ls_engine_flush_code(engine)
      memory.ram.clearModifiedCodeFrames()
    }
    lastFault = nil
    requestedExit = nil
    var values = ls_registers(
      rax: registers.rax,
      rcx: registers.rcx,
      rdx: registers.rdx,
      r8: registers.r8,
      r9: registers.r9,
      rsp: registers.rsp,
      rip: registers.rip
    )
    var exit = ls_engine_run(engine, &values)
    // A block is translated as a whole: what comes before a page that cannot be fetched is still to run.
    while exit == LS_FAULT, let fault = lastFault, fault.access == .execute,
      fault.address.rawValue & ~0xFFF != values.rip & ~0xFFF
    {
      lastFault = nil
      let place = values.rip
      exit = ls_engine_step(engine, &values)
      // The instruction itself goes on in the page.
      if exit == LS_FAULT, values.rip == place { break }
    }
    registers.rax = values.rax
    registers.rcx = values.rcx
    registers.rdx = values.rdx
    registers.r8 = values.r8
    registers.r9 = values.r9
    registers.rsp = values.rsp
    registers.rip = values.rip
    memory.engineDidRun()
    return try classify(exit, registers)
  }

  private func classify(
    _ exit: ls_exit,
    _ registers: CallFrame.Registers
  ) throws(EngineError) -> Exit {
    switch exit {
    case LS_HALTED:
      let slot = VirtualAddress(rawValue: registers.rip &- 1)
      guard configuration.exportSlots.contains(slot) else { return .halted }
      let offset = slot.rawValue - configuration.exportSlots.lowerBound.rawValue
      return .export(Int(offset) / Self.slotSize)
    case LS_FAULT:
      guard let fault = lastFault else {
        throw EngineError(.failed, "Unicorn reports a fault that no look-up had")
      }
      return .fault(exactly(fault, at: registers.rip))
    case LS_EXCEPTION: return .exception(vector: ls_engine_detail(engine))
    case LS_INVALID_INSTRUCTION: return .exception(vector: 6)
    case LS_BUDGET: return .budgetExhausted
    case LS_REQUESTED: return requestedExit ?? .unmodelled("a stop without a reason")
    default:
      throw EngineError(.failed, "Unicorn stopped with error \(ls_engine_detail(engine))")
    }
  }

  /// Unicorn asks for pages: finds the address within the page by running the instruction again.
  private func exactly(_ fault: GuestFault, at rip: UInt64) -> GuestFault {
    if fault.access == .execute {
      // An instruction can go on in the page that is missing.
      let page = fault.address.rawValue & ~0xFFF
      return GuestFault(
        at: VirtualAddress(rawValue: rip & ~0xFFF == page ? rip : page),
        access: .execute,
        reason: fault.reason
      )
    }
    isFlushNeeded = true
    memory.ram.markPageTablesDirty()
    var address: UInt64 = 0
    guard case .nothingAtPhysicalAddress(let physical) = fault.reason else {
      guard ls_engine_fault_address(engine, rip, &address) else { return fault }
      return GuestFault(at: truncated(address), access: fault.access, reason: fault.reason)
    }
    // The processor's own walk must not find the page either.
    guard let entry = memory.tables.entry(for: fault.address) else { return fault }
    let pte = memory.tables.load(entry)
    memory.tables.store(pte.subtracting(.present), at: entry)
    defer { memory.tables.store(pte, at: entry) }
    guard ls_engine_fault_address(engine, rip, &address) else { return fault }
    let offset = truncated(address).offsetInPage
    return GuestFault(
      at: truncated(address),
      access: fault.access,
      reason: .nothingAtPhysicalAddress(PhysicalAddress(frame: physical.frame) + offset)
    )
  }

  private func truncated(_ address: UInt64) -> VirtualAddress {
    VirtualAddress(rawValue: memory.architecture == .x86 ? address & 0xFFFF_FFFF : address)
  }

  public var instructionCount: UInt64 { ls_engine_count(engine) }

  public var instructionLimit: UInt64 {
    get { ls_engine_limit(engine) }
    set { ls_engine_set_limit(engine, newValue) }
  }

  public subscript(register: EngineRegister) -> UInt64 {
    get { ls_engine_read(engine, number(of: register)) }
    set { ls_engine_write(engine, number(of: register), newValue) }
  }

  /// Forgets the translations of addresses before the guest runs again.
  func forgetTranslations() { isFlushNeeded = true }

  private func number(of register: EngineRegister) -> Int32 {
    let is64 = memory.architecture == .x64
    // On x86 Unicorn has numbers of their own for the 32-bit names.
    switch register {
    case .rflags: return Int32(LS_REG_EFLAGS)
    case .rbp: return is64 ? 36 : 20
    case .rbx: return is64 ? 37 : 21
    case .rsi: return is64 ? 43 : 29
    case .rdi: return is64 ? 39 : 23
    case .fsBase: return Int32(LS_REG_FS_BASE)
    case .gsBase: return Int32(LS_REG_GS_BASE)
    case .cr3: return Int32(LS_REG_CR3)
    case .mxcsr: return Int32(LS_REG_MXCSR)
    }
  }

  private final class Context: EngineContext {
    let engine: UnicornEngine
    let context: UnsafeMutableRawPointer

    init(_ engine: UnicornEngine, _ context: UnsafeMutableRawPointer) {
      self.engine = engine
      self.context = context
    }

    deinit { ls_context_free(engine.engine, context) }
  }

  public func saveContext() -> any EngineContext {
    guard let context = ls_context_save(engine) else { preconditionFailure("out of memory") }
    return Context(self, context)
  }

  public func restore(_ context: any EngineContext) {
    guard let context = context as? Context else { return }
    ls_context_restore(engine, context.context)
    // A context holds the root of the page tables, and with it what the cache was filled from.
    isFlushNeeded = true
    loadedRoot = nil
  }
}
