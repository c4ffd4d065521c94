public import GuestABI
internal import NTStructures

/// The system services for views of sections: of `\Device\PhysicalMemory`, and of what
/// ``MemorySections`` makes.
public final class Sections {
  private struct View {
    let section: KernelObject
    let byteCount: Int
  }

  private let memory: AddressSpace
  private let objects: ObjectManager
  private let mapper: any PhysicalViewMapper
  private var views: [VirtualAddress: View] = [:]
  /// The sections of memory, if drivers can make them.
  var memorySections: MemorySections?

  /// The multiples at which views begin: `MM_ALLOCATION_GRANULARITY`.
  private static var granularity: UInt64 { 0x10000 }

  /// Creates the services and the section `\Device\PhysicalMemory`.
  ///
  /// - Parameters:
  ///   - objects: The object manager.
  ///   - memory: The memory of the drivers that use sections.
  ///   - mapper: What maps physical memory.
  /// - Throws: ``Unmodelled`` if the object manager has no directory `\Device`.
  public init(
    objects: ObjectManager,
    memory: AddressSpace,
    mapper: any PhysicalViewMapper
  ) throws {
    self.objects = objects
    self.memory = memory
    self.mapper = mapper
    let section = KernelObject(.section, payload: .section(.physicalMemory))
    let status = try objects.insert(section, at: "\\Device\\PhysicalMemory")
    guard status.isSuccess else { throw Unmodelled("Sections: \\Device\\PhysicalMemory") }
  }

  /// The number of views that are mapped.
  public var viewCount: Int { views.count }

  /// The routines that drivers import to work with sections.
  public var exports: [Export] {
    [
      export("ZwOpenSection") {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>
        ) in
        try objects.openHandle(
          handle,
          .section,
          access: access,
          attributes: attributes,
          for: "ZwOpenSection"
        )
      },
      export("ZwMapViewOfSection") {
        [self]
        (
          section: VirtualAddress,
          process: VirtualAddress,
          baseAddress: GuestPointer<VirtualAddress>,
          zeroBits: GuestWord,
          commitSize: GuestWord,
          sectionOffset: GuestPointer<UInt64>,
          viewSize: GuestPointer<GuestWord>,
          inheritance: UInt32,
          allocationType: UInt32,
          protection: UInt32
        ) in
        // The rest of the arguments say where the view goes and what becomes of it; its driver
        // leaves that to the kernel: ViewShare is 1 and ViewUnmap 2, and there is one process.
        guard zeroBits.rawValue == 0, allocationType == 0, 1...2 ~= inheritance else {
          throw Unmodelled("ZwMapViewOfSection: ZeroBits, AllocationType or InheritDisposition")
        }
        return try mapView(section, process, baseAddress, sectionOffset, viewSize, protection)
      },
      export("ZwUnmapViewOfSection") {
        [self]
        (process: VirtualAddress, address: VirtualAddress) in
        if let owner = objects.object(for: process), owner.kind == .process,
          try memorySections?.unmapView(containing: address, in: owner.body) == true
        {
          return NTStatus.success
        }
        if let status = try failure(ofProcess: process, "ZwUnmapViewOfSection") { return status }
        return try unmapView(containing: address)
      },
    ]
  }

  /// Checks that a handle stands for the process that is running, which is the only one.
  private func failure(ofProcess handle: VirtualAddress, _ routine: String) throws -> NTStatus? {
    if objects.isCurrentProcess(handle) { return nil }
    guard let object = objects.object(for: handle) else { return .invalidHandle }
    guard object.kind == .process else { return .objectTypeMismatch }
    guard object === objects.currentProcess else { throw Unmodelled("\(routine): another process") }
    return nil
  }

  /// Maps a view.
  ///
  /// The DDK's `MAPMEM` sample shows what is done with an offset into physical memory: it is rounded
  /// down to 64 KiB and stored back, and the view reaches as far as was asked for all the same.
  /// (Sections of other kinds fail with `STATUS_MAPPED_ALIGNMENT` instead, contrary to the
  /// documentation; ReactOS's `ZwMapViewOfSection` test sees that on Windows Server 2003.)
  private func mapView(
    _ section: VirtualAddress,
    _ process: VirtualAddress,
    _ baseAddress: GuestPointer<VirtualAddress>,
    _ sectionOffset: GuestPointer<UInt64>,
    _ viewSize: GuestPointer<GuestWord>,
    _ protection: UInt32
  ) throws -> NTStatus {
    let routine = "ZwMapViewOfSection"
    guard let object = objects.object(for: section) else { return .invalidHandle }
    if case .section(.memory(let contents)) = object.payload, let memorySections {
      guard let isWritable = try isWritable(protection) else { return .invalidPageProtection }
      return try memorySections.mapView(
        of: object,
        contents,
        in: process,
        baseAddress,
        sectionOffset,
        viewSize,
        isWritable: isWritable
      )
    }
    guard case .section(.physicalMemory) = object.payload else { return .objectTypeMismatch }
    if let status = try failure(ofProcess: process, routine) { return status }
    guard try memory.load(VirtualAddress.self, at: baseAddress.address) == .null else {
      throw Unmodelled("\(routine): a view at a given address")
    }
    guard let isWritable = try isWritable(protection) else { return .invalidPageProtection }
    let offset = sectionOffset.isNull ? 0 : try memory.load(UInt64.self, at: sectionOffset.address)
    let size = try memory.load(GuestWord.self, at: viewSize.address).rawValue
    guard size != 0, size <= 1 << 40, offset < 1 << 52 else {
      throw Unmodelled("\(routine): a view to the end of the section, or beyond it")
    }
    let start = offset & ~(Self.granularity - 1)
    let byteCount = Int((offset - start + size + 0xFFF) & ~0xFFF)
    let physical = PhysicalAddress(rawValue: start)
    let view = try mapper.mapPhysicalView(physical, byteCount: byteCount, isWritable: isWritable)
    guard let view else { return .noMemory }
    views[view] = View(section: object, byteCount: byteCount)
    objects.reference(object)
    try memory.store(view, at: baseAddress.address)
    try memory.store(GuestWord(byteCount), at: viewSize.address)
    if !sectionOffset.isNull { try memory.store(start, at: sectionOffset.address) }
    return .success
  }

  /// Returns whether a `PAGE_…` protection allows writing, or nil if it is none.
  private func isWritable(_ protection: UInt32) throws -> Bool? {
    let noCache: UInt32 = 0x200
    let writeCombine: UInt32 = 0x400
    let caching = protection & ~0xFF
    guard caching == 0 || caching == noCache || caching == writeCombine else {
      throw Unmodelled("ZwMapViewOfSection: protection 0x\(String(protection, radix: 16))")
    }
    switch protection & 0xFF {
    case 0x02: return false  // PAGE_READONLY
    case 0x04: return true  // PAGE_READWRITE
    case let bits where bits.nonzeroBitCount != 1: return nil
    default:
      throw Unmodelled("ZwMapViewOfSection: protection 0x\(String(protection, radix: 16))")
    }
  }

  /// Removes the view that an address lies in.
  private func unmapView(containing address: VirtualAddress) throws -> NTStatus {
    let found = views.first { start, view in
      address >= start && address < start + view.byteCount
    }
    guard let (start, view) = found else { return .notMappedView }
    guard mapper.unmapPhysicalView(at: start) else {
      throw Unmodelled("ZwUnmapViewOfSection: a view that the memory manager does not know")
    }
    views[start] = nil
    try objects.dereference(view.section)
    return .success
  }
}
