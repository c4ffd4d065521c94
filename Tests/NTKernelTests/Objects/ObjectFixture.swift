import GuestABI
import NTKernel
import NTStructures
import Testing

/// A machine with the object manager, the registry, sections and security, and no processor.
final class ObjectFixture {
  let memory: AddressSpace
  let pool: BumpPool
  let objects: ObjectManager
  let registry: Registry
  let security: SecurityMonitor
  let sections: Sections
  let views = ViewRecorder()
  let table: ExportTable

  /// What the driver's routines do when the kernel calls them.
  var routines: [VirtualAddress: (GuestCall) throws -> UInt64] = [:]

  init(
    _ architecture: Architecture,
    objects behaviour: ObjectBehaviour = ObjectBehaviour(),
    registry registryBehaviour: RegistryBehaviour = RegistryBehaviour(),
    security securityBehaviour: SecurityBehaviour = SecurityBehaviour()
  ) throws {
    memory = try Self.makeMemory(architecture)
    pool = BumpPool(
      from: VirtualAddress(rawValue: 0x40_0000),
      to: VirtualAddress(rawValue: 0x80_0000)
    )
    objects = ObjectManager(memory: memory, pool: pool, behaviour: behaviour)
    registry = Registry(
      objects: objects,
      memory: memory,
      pool: pool,
      behaviour: registryBehaviour,
      systemTime: { 0x01BF_53EB_256D_4000 }
    )
    security = SecurityMonitor(
      objects: objects,
      memory: memory,
      pool: pool,
      behaviour: securityBehaviour
    )
    sections = try Sections(objects: objects, memory: memory, mapper: views)
    table = ExportTable(
      objects.referenceExports + objects.dereferenceExports + objects.namespaceExports
        + registry.exports
        + registry.runtimeExports + security.exports + sections.exports
    )
  }

  /// Maps the first 16 MiB but for the first page to themselves.
  private static func makeMemory(_ architecture: Architecture) throws -> AddressSpace {
    let ram = try GuestRAM(byteCount: 20 << 20)
    var free = FrameNumber(0x1000)
    let format: PageTableFormat = architecture == .x86 ? .twoLevel : .fourLevel
    let root = PhysicalAddress(frame: free)
    let tables = PageTables(ram: ram, format: format, root: root)
    for frame in FrameNumber(1)..<0x1000 {
      let address = VirtualAddress(rawValue: UInt64(frame) << 12)
      let entry = try tables.makeEntry(for: address) {
        free += 1
        return free
      }
      tables.store(HardwarePTE(frame, [.present, .writable]), at: entry)
    }
    return AddressSpace(architecture: architecture, tables: tables)
  }

  private var nextFree = VirtualAddress(rawValue: 0x10_0000)

  /// Returns memory of the driver's, filled with 0x55.
  func allocate(_ byteCount: Int) throws -> VirtualAddress {
    let address = nextFree
    nextFree = nextFree + ((byteCount + 31) & ~15)
    try memory.fill(at: address, count: byteCount + 16, with: 0x55)
    return address
  }

  /// Calls a routine as a driver does, and carries out its completions.
  func call<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument,
    convention: CallingConvention = .nt
  ) throws -> UInt64 {
    try perform(
      name,
      GuestFunction<UInt64, repeat each Argument>(.null).call(repeat each argument),
      convention
    )
  }

  private func perform(
    _ name: String,
    _ call: GuestCall,
    _ convention: CallingConvention
  ) throws -> UInt64 {
    var registers = CallFrame.Registers()
    registers.rsp = 0x2_0000
    if convention == .fastcall { registers.rcx = call.arguments[0].bits }
    let before = registers.rsp
    registers = try call.registers(
      from: registers,
      in: memory,
      returningTo: VirtualAddress(rawValue: 0x1234)
    )
    var frame = CallFrame(memory: memory, registers: registers)
    let found = table.index(of: name)
    let index = try #require(found)
    try table.call(index, &frame, returningTo: VirtualAddress(rawValue: 0x1234))
    let after = frame.registers
    #expect(after.rip == 0x1234)
    if memory.architecture == .x86, convention == .nt { #expect(after.rsp == before) }
    guard var completion = frame.completion else {
      return memory.architecture == .x86
        ? frame.registers.rax | frame.registers.rdx << 32 : frame.registers.rax
    }
    while true {
      switch completion {
      case .value(let bits): return bits
      case .call(let call, let then):
        let routine = try #require(routines[call.function])
        completion = try then(routine(call))
      case .wait, .exitThread, .resume: throw Unmodelled("a test that waits")
      }
    }
  }

  /// Calls a routine that returns a status.
  func status<each Argument: GuestScalar>(
    _ name: String,
    _ argument: repeat each Argument
  ) throws -> NTStatus {
    NTStatus(guestBits: try call(name, repeat each argument))
  }

  /// Stores text with a terminator, and returns where.
  func wide(_ text: String) throws -> VirtualAddress {
    let bytes = (text.utf16 + [0]).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let address = try allocate(bytes.count)
    try memory.store(bytes: bytes, at: address)
    return address
  }

  /// Stores a `UNICODE_STRING`, and returns where.
  func string(_ text: String) throws -> GuestPointer<CountedString> {
    let length = text.utf16.count * 2
    let pointer = GuestPointer<CountedString>(try allocate(16))
    let buffer = try wide(text)
    try memory.set(pointer, buffer: buffer, length: length, maximumLength: length + 2)
    return pointer
  }

  /// Stores an `OBJECT_ATTRIBUTES`, and returns where.
  func attributes(
    _ name: String?,
    root: VirtualAddress = .null,
    flags: UInt32 = 0x240,
    securityDescriptor: VirtualAddress = .null
  ) throws -> GuestPointer<ObjectAttributes> {
    let pointer = GuestPointer<ObjectAttributes>(try allocate(0x30))
    let string = try name.map { try self.string($0) } ?? GuestPointer(.null)
    try memory.modify(pointer) {
      $0.length = UInt32(ObjectAttributes.size(on: memory.architecture))
      $0.rootDirectory = root
      $0.objectName = string
      $0.attributes = flags
      $0.securityDescriptor = securityDescriptor
      $0.securityQualityOfService = .null
    }
    return pointer
  }

  /// Opens something with a routine that takes a handle, access and attributes.
  func open(_ routine: String, _ name: String) throws -> VirtualAddress {
    let handle = try allocate(8)
    let access: UInt32 = 0xF003F
    #expect(try status(routine, handle, access, attributes(name)) == .success)
    return try memory.load(at: handle)
  }

  func word(_ address: VirtualAddress) throws -> UInt32 { try memory.load(at: address) }
  func pointer(_ address: VirtualAddress) throws -> VirtualAddress { try memory.load(at: address) }

  /// Returns the status with which a call of a routine of the test's own ends, or what stops it.
  func unmodelled(_ body: () throws -> some Any) -> String? {
    do {
      _ = try body()
      return nil
    } catch let error as Unmodelled {
      return error.name
    } catch {
      return "\(error)"
    }
  }
}

/// A mapper that remembers what it was asked for.
final class ViewRecorder: PhysicalViewMapper {
  private(set) var mapped:
    [VirtualAddress: (physical: PhysicalAddress, byteCount: Int, isWritable: Bool)] =
      [:]
  private var next = VirtualAddress(rawValue: 0x3_0000)
  var isFull = false

  func mapPhysicalView(
    _ physical: PhysicalAddress,
    byteCount: Int,
    isWritable: Bool
  ) throws -> VirtualAddress? {
    if isFull { return nil }
    let address = next
    next = next + 0x100_0000
    mapped[address] = (physical, byteCount, isWritable)
    return address
  }

  func unmapPhysicalView(at address: VirtualAddress) -> Bool {
    mapped.removeValue(forKey: address) != nil
  }
}
