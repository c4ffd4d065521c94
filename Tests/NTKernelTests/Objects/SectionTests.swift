import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct SectionTests {
  /// What a call of `ZwMapViewOfSection` leaves behind.
  struct Mapping {
    let status: NTStatus
    let base: VirtualAddress
    let offset: UInt64
    let size: UInt64
  }

  func map(
    _ fixture: ObjectFixture,
    _ section: VirtualAddress,
    offset: UInt64,
    size: UInt64,
    protection: UInt32 = 0x204,
    base: VirtualAddress = .null
  ) throws -> Mapping {
    let variables = try fixture.allocate(24)
    try fixture.memory.store(base, at: variables)
    try fixture.memory.store(offset, at: variables + 8)
    try fixture.memory.store(GuestWord(size), at: variables + 16)
    let process = GuestWord(rawValue: fixture.memory.architecture == .x86 ? 0xFFFF_FFFF : .max)
    let status = try fixture.status(
      "ZwMapViewOfSection",
      section,
      process,
      variables,
      GuestWord(0),
      GuestWord(size),
      variables + 8,
      variables + 16,
      1 as UInt32,
      0 as UInt32,
      protection
    )
    return Mapping(
      status: status,
      base: try fixture.pointer(variables),
      offset: try fixture.memory.load(at: variables + 8),
      size: try fixture.memory.load(GuestWord.self, at: variables + 16).rawValue
    )
  }

  @Test(arguments: Architecture.allCases)
  func `physical memory is mapped as InpOut and MAPMEM do it`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let section = try fixture.open("ZwOpenSection", "\\Device\\PhysicalMemory")
    let result = try fixture.allocate(8)
    #expect(
      try fixture.status(
        "ObReferenceObjectByHandle",
        section,
        0xF001F as UInt32,
        VirtualAddress.null,
        ProcessorMode.kernel,
        result,
        VirtualAddress.null
      ) == .success
    )
    let mapping = try map(fixture, section, offset: 0xC_1234, size: 0x100)
    #expect(mapping.status == .success)
    #expect(mapping.offset == 0xC_0000)
    #expect(mapping.size == 0x2000)
    let view = try #require(fixture.views.mapped[mapping.base])
    #expect(view.physical.rawValue == 0xC_0000)
    #expect(view.byteCount == 0x2000)
    #expect(view.isWritable)
    #expect(try fixture.status("ZwClose", section) == .success)
    let process = GuestWord(rawValue: architecture == .x86 ? 0xFFFF_FFFF : .max)
    let inside = mapping.base + 0x1FFF
    #expect(try fixture.status("ZwUnmapViewOfSection", process, inside) == .success)
    #expect(fixture.views.mapped.isEmpty)
    #expect(fixture.sections.viewCount == 0)
    #expect(
      try fixture.status("ZwUnmapViewOfSection", process, inside).rawValue
        == Int32(bitPattern: 0xC000_0019)
    )
    let body = try fixture.pointer(result)
    #expect(fixture.objects.object(withBody: body)?.referenceCount == 3)
  }

  @Test(arguments: Architecture.allCases)
  func `bad arguments have their own statuses`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let section = try fixture.open("ZwOpenSection", "\\device\\physicalmemory")
    let none = VirtualAddress(rawValue: 0x1000)
    #expect(try map(fixture, none, offset: 0, size: 1).status == .invalidHandle)
    let key = try fixture.open("ZwOpenKey", "\\Registry")
    #expect(try map(fixture, key, offset: 0, size: 1).status == .objectTypeMismatch)
    #expect(
      try map(fixture, section, offset: 0, size: 1, protection: 6).status.rawValue
        == Int32(bitPattern: 0xC000_0045)
    )
    #expect(try map(fixture, section, offset: 0, size: 1, protection: 2).status == .success)
    for (offset, size) in [(UInt64(0), UInt64(0)), (.max, 1), (1 << 60, 1)] {
      #expect(throws: Unmodelled.self) { try map(fixture, section, offset: offset, size: size) }
    }
    #expect(throws: Unmodelled.self) {
      try map(fixture, section, offset: 0, size: 1, base: VirtualAddress(rawValue: 0x10000))
    }
    fixture.views.isFull = true
    #expect(try map(fixture, section, offset: 0, size: 1).status == .noMemory)
    let handle = try fixture.allocate(8)
    let attributes = try fixture.attributes("\\Device\\Other")
    #expect(
      try fixture.status("ZwOpenSection", handle, 6 as UInt32, attributes) == .objectNameNotFound
    )
    #expect(
      try fixture.status("ZwUnmapViewOfSection", none, VirtualAddress.null) == .invalidHandle
    )
  }
}
