internal import GuestABI
internal import NTStructures

/// Sections of memory that no file backs, and their views in processes and in the system.
///
/// A section's pages are committed when it is made, and each view maps the same frames. What only
/// reserves memory, and files, are not modelled.
final class MemorySections {
  /// A view: where it is, and what it is of.
  private struct View {
    let process: VirtualAddress
    let start: VirtualAddress
    let byteCount: Int
    let section: KernelObject
  }

  private let memory: AddressSpace
  private let manager: MemoryManager
  private let objects: ObjectManager
  private let processes: ProcessStructure
  /// The views in processes, in the order in which they were mapped.
  private var views: [View] = []
  /// The views in the system's memory, by where they begin.
  private var systemViews: [VirtualAddress: KernelObject] = [:]

  private static var limit: Int { 10_000 }
  /// The multiples at which views begin: `MM_ALLOCATION_GRANULARITY`.
  private static var granularity: UInt64 { 0x1_0000 }

  /// Creates the services of a kernel.
  init(manager: MemoryManager, objects: ObjectManager, processes: ProcessStructure) {
    memory = manager.memory
    self.manager = manager
    self.objects = objects
    self.processes = processes
    objects.deletionRoutines[.section] = { [manager] object in
      if case .section(.memory(let contents)) = object.payload {
        for frame in contents.frames { manager.frames.dereference(frame) }
      }
    }
    let deletesProcess = objects.deletionRoutines[.process]
    objects.deletionRoutines[.process] = { [unowned self] in
      try forget($0.body)
      try deletesProcess?($0)
    }
  }

  /// The routines that drivers import.
  var exports: [Export] {
    ["Zw", "Nt"].map { prefix in
      export("\(prefix)CreateSection") {
        [self]
        (
          handle: VirtualAddress,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          size: VirtualAddress,
          protection: UInt32,
          kind: UInt32,
          file: VirtualAddress
        ) in
        try create(handle, access, attributes, size, protection, kind, file)
      }
    } + [
      export("MmMapViewInSystemSpace") {
        [self] (section: VirtualAddress, base: VirtualAddress, size: VirtualAddress) in
        try mapInSystem(section, base, size)
      },
      export("MmUnmapViewInSystemSpace") { [self] (base: VirtualAddress) in
        guard let section = systemViews[base],
          let count = manager.release(base, in: manager.systemPTEs, .physicalView)
        else { return NTStatus.notMappedView }
        manager.unmap(count, at: base)
        systemViews[base] = nil
        try objects.dereference(section)
        return .success
      },
    ]
  }

  /// Makes a section.
  ///
  /// The corresponding kernel routine is `ZwCreateSection`.
  private func create(
    _ handle: VirtualAddress,
    _ access: AccessMask,
    _ attributes: GuestPointer<ObjectAttributes>,
    _ place: VirtualAddress,
    _ protection: UInt32,
    _ kind: UInt32,
    _ file: VirtualAddress
  ) throws -> NTStatus {
    let routine = "ZwCreateSection"
    guard file == .null else { throw Unmodelled("\(routine) of a file") }
    // SEC_COMMIT.
    guard kind == 0x0800_0000 else {
      throw Unmodelled("\(routine) with attributes 0x\(String(kind, radix: 16))")
    }
    let isWritable: Bool
    switch protection & 0xFF {
    case 0x02, 0x20: isWritable = false
    case 0x04, 0x40: isWritable = true
    case 0x08, 0x10, 0x80: throw Unmodelled("\(routine) with protection \(protection)")
    default: return .invalidPageProtection
    }
    let size = place == .null ? 0 : try memory.load(Int64.self, at: place)
    // STATUS_INVALID_PARAMETER_4; STATUS_SECTION_TOO_BIG.
    guard size > 0 else { return NTStatus(0xC000_00F2) }
    guard size <= 1 << 40 else { return NTStatus(0xC000_0040) }
    var captured: CapturedAttributes?
    if !attributes.isNull {
      switch try objects.capture(attributes, for: routine, modelled: [.openIf, .permanent]) {
      case .failed(let status): return status
      case .done(let value): captured = value
      }
    }
    let count = (Int(size) + 4095) / 4096
    // STATUS_COMMITMENT_LIMIT.
    guard let frames = manager.allocateSectionFrames(count) else { return NTStatus(0xC000_012D) }
    let contents = SectionMemory(frames: frames, byteCount: count * 4096, isWritable: isWritable)
    let object = KernelObject(.section, payload: .section(.memory(contents)))
    var opened = object
    var status = NTStatus.success
    if let captured, !captured.name.isEmpty {
      status = try objects.insert(
        object,
        at: captured.name,
        from: captured.directory,
        isPermanent: captured.flags.contains(.permanent)
      )
      if status == .objectNameCollision, captured.flags.contains(.openIf) {
        switch try objects.open(captured, .section, for: routine) {
        case .failed(let failure):
          try objects.dereference(object)
          return failure
        case .done(let found): opened = found
        }
        status = .objectNameExists
      }
    }
    if status.isSuccess {
      let value = try objects.makeHandle(
        for: opened,
        access: access,
        attributes: captured?.flags ?? []
      )
      try memory.store(value, at: handle)
    }
    // The handle, and the name if there is one, keep the section from now on.
    try objects.dereference(object)
    return status
  }

  /// Maps a view of a section into a process.
  ///
  /// The corresponding kernel routine is `ZwMapViewOfSection`.
  func mapView(
    of section: KernelObject,
    _ contents: SectionMemory,
    in process: VirtualAddress,
    _ baseAddress: GuestPointer<VirtualAddress>,
    _ sectionOffset: GuestPointer<UInt64>,
    _ viewSize: GuestPointer<GuestWord>,
    isWritable: Bool
  ) throws -> NTStatus {
    let routine = "ZwMapViewOfSection"
    guard let target = objects.object(for: process) else { return .invalidHandle }
    guard let owner = processes.process(withBody: target.body) else { return .objectTypeMismatch }
    guard !owner.hasExited else { throw Unmodelled("\(routine): a process that has ended") }
    guard try memory.load(VirtualAddress.self, at: baseAddress.address) == .null else {
      throw Unmodelled("\(routine): a view at a given address")
    }
    // STATUS_SECTION_PROTECTION.
    guard contents.isWritable || !isWritable else { return NTStatus(0xC000_004E) }
    let offset = sectionOffset.isNull ? 0 : try memory.load(UInt64.self, at: sectionOffset.address)
    // STATUS_MAPPED_ALIGNMENT, as ReactOS's ZwMapViewOfSection test sees it; STATUS_INVALID_VIEW_SIZE.
    guard offset % Self.granularity == 0 else { return NTStatus(0xC000_0220) }
    guard offset < UInt64(contents.byteCount) else { return NTStatus(0xC000_001F) }
    let left = contents.byteCount - Int(offset)
    let wanted = try memory.load(GuestWord.self, at: viewSize.address).byteCount
    guard wanted <= left else { return NTStatus(0xC000_001F) }
    guard views.count < Self.limit else {
      throw Unmodelled("\(routine): more than \(Self.limit) views")
    }
    let byteCount = wanted == 0 ? left : (wanted + 4095) & ~4095
    let first = Int(offset) / 4096
    let frames = contents.frames[first..<first + byteCount / 4096]
    let start = try manager.within(owner.space) {
      try manager.mapSectionView(
        frames,
        in: manager.userPTEs,
        isWritable ? [.present, .user, .writable] : [.present, .user],
        alignment: 16
      )
    }
    guard let start else { return .noMemory }
    views.append(
      View(process: owner.body, start: start, byteCount: byteCount, section: section)
    )
    objects.reference(section)
    try memory.store(start, at: baseAddress.address)
    try memory.store(GuestWord(byteCount), at: viewSize.address)
    return .success
  }

  /// Removes the view of memory that an address of a process lies in.
  ///
  /// - Returns: Whether there is one; others may be of the machine's physical memory.
  /// - Throws: What the section's deletion throws.
  func unmapView(containing address: VirtualAddress, in process: VirtualAddress) throws -> Bool {
    let index = views.firstIndex {
      $0.process == process && address >= $0.start && address < $0.start + $0.byteCount
    }
    guard let index else { return false }
    let view = views.remove(at: index)
    if let space = processes.process(withBody: process)?.space, !space.isDeleted {
      manager.within(space) { _ = manager.unmapPhysicalView(at: view.start) }
    }
    try objects.dereference(view.section)
    return true
  }

  /// Forgets the views of a process that is no more, whose mappings went with its memory.
  private func forget(_ process: VirtualAddress) throws {
    let gone = views.filter { $0.process == process }
    views.removeAll { $0.process == process }
    for view in gone { try objects.dereference(view.section) }
  }

  /// Maps a section into the system's memory.
  ///
  /// The corresponding kernel routine is `MmMapViewInSystemSpace`; the section is its object.
  private func mapInSystem(
    _ section: VirtualAddress,
    _ base: VirtualAddress,
    _ size: VirtualAddress
  ) throws -> NTStatus {
    let routine = "MmMapViewInSystemSpace"
    guard let object = objects.object(withBody: section),
      case .section(.memory(let contents)) = object.payload
    else { throw Unmodelled("\(routine) of what is no section of memory") }
    let wanted = try memory.load(GuestWord.self, at: size).byteCount
    // STATUS_INVALID_VIEW_SIZE.
    guard wanted <= contents.byteCount else { return NTStatus(0xC000_001F) }
    guard systemViews.count < Self.limit else {
      throw Unmodelled("\(routine): more than \(Self.limit) views")
    }
    let byteCount = wanted == 0 ? contents.byteCount : (wanted + 4095) & ~4095
    let start = try manager.mapSectionView(
      contents.frames[..<(byteCount / 4096)],
      in: manager.systemPTEs,
      contents.isWritable ? [.present, .writable] : .present,
      alignment: 1
    )
    guard let start else { return .noMemory }
    systemViews[start] = object
    objects.reference(object)
    try memory.store(start, at: base)
    try memory.store(GuestWord(byteCount), at: size)
    return .success
  }
}
