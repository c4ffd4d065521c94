import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct CacheTests {
  /// A file system that keeps one file, and notes the paging requests for it.
  private final class FileSystem {
    let files: FileFixture
    let stack: DriverStack
    let file: GuestPointer<FileObject>
    let pointers: GuestPointer<SectionObjectPointers>
    let handle: VirtualAddress
    /// What the file holds on its medium.
    var medium: [UInt8]
    /// The paging requests: whether it was a write, where, and how long.
    var requests: [(isWrite: Bool, offset: Int, count: Int)] = []
    var readStatus = NTStatus.success

    var memory: AddressSpace { files.memory }
    var kernel: KernelFixture { files.kernel }

    init(_ host: Host, byteCount: Int) throws {
      files = try FileFixture(host)
      stack = try DriverStack(files.kernel)
      medium = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
      let slot = try files.kernel.allocate(8)
      let status = try files.kernel.status(
        "IoCreateDevice",
        stack.driver,
        UInt32(0),
        files.string("\\Device\\Fs"),
        UInt32(8),
        UInt32(0),
        false,
        slot
      )
      #expect(status == .success)
      let device: GuestPointer<DeviceObject> = try files.memory.load(at: slot)
      try files.memory[device].store([], in: \.flags)
      pointers = GuestPointer(try files.kernel.allocate(32))
      for function in [MajorFunction.create, .cleanup, .close] {
        try stack.dispatch(function) { [stack] _, irp in
          try stack.complete(irp, .success)
          return .success
        }
      }
      handle = try files.create("\\Device\\Fs\\file").handle
      _ = try files.kernel.status(
        "ObReferenceObjectByHandle",
        handle,
        UInt32(0),
        VirtualAddress.null,
        ProcessorMode.kernel,
        slot,
        VirtualAddress.null
      )
      file = try files.memory.load(at: slot)
      try files.memory[file].store(pointers, in: \.sectionObjectPointer)
      for function in [MajorFunction.read, .write] {
        try stack.dispatch(function) { [unowned self] _, irp in try page(irp, function == .write) }
      }
    }

    /// Carries out a paging request.
    private func page(_ irp: GuestPointer<IRP>, _ isWrite: Bool) throws -> NTStatus {
      let location = memory[try stack.location(of: irp)]
      // IRP_NOCACHE, IRP_PAGING_IO, IRP_SYNCHRONOUS_PAGING_IO.
      #expect(try memory[irp].flags == 0x43)
      let (offset, count) = (Int(try location.byteOffset), Int(try location.length))
      requests.append((isWrite, offset, count))
      #expect(offset % 4096 == 0 && count % 4096 == 0)
      let mdl = try memory[irp].mdlAddress
      #expect(try memory[mdl].flags.contains(.pagesLocked))
      #expect(try memory[mdl].flags.contains(.ioPageRead) == !isWrite)
      #expect(try Int(memory[mdl].byteCount) == count)
      guard readStatus.isSuccess || isWrite else {
        try stack.complete(irp, readStatus)
        return readStatus
      }
      let mapping = try kernel.manager.mapLockedPages(mdl, mode: .kernel)
      let done = max(0, min(count, medium.count - offset))
      if isWrite {
        let bytes = try memory.bytes(at: mapping, count: done)
        medium.replaceSubrange(offset..<offset + done, with: bytes)
      } else {
        try memory.store(bytes: medium[offset..<offset + done], at: mapping)
      }
      try kernel.manager.unmapLockedPages(mapping, mdl)
      try stack.complete(irp, .success, information: done)
      return .success
    }

    func sizes(file size: Int, validData: Int? = nil) throws -> VirtualAddress {
      let place = try kernel.allocate(24)
      try memory.store(Int64((size + 4095) & ~4095), at: place)
      try memory.store(Int64(size), at: place + 8)
      try memory.store(Int64(validData ?? size), at: place + 16)
      return place
    }

    func initialize(validData: Int? = nil) throws {
      let callbacks = try kernel.allocate(32)
      let width = memory.architecture.pointerSize
      for index in 0..<4 {
        try memory.store(kernel.routine { _ in 1 }, at: callbacks + index * width)
      }
      try kernel.call(
        "CcInitializeCacheMap",
        file,
        sizes(file: medium.count, validData: validData),
        false,
        callbacks,
        VirtualAddress(rawValue: 0x77)
      )
    }

    func offset(_ value: Int) throws -> VirtualAddress {
      let place = try kernel.allocate(8)
      try memory.store(Int64(value), at: place)
      return place
    }

    func read(_ start: Int, _ count: Int, waits: Bool = true) throws -> [UInt8]? {
      let buffer = try kernel.allocate(max(1, count))
      let done = try kernel.call(
        "CcCopyRead",
        file,
        offset(start),
        UInt32(count),
        waits,
        buffer,
        files.block
      )
      guard done & 0xFF != 0 else { return nil }
      #expect(try memory[files.block].information.byteCount == count)
      return try memory.bytes(at: buffer, count: count)
    }

    func write(_ bytes: [UInt8], at start: Int) throws {
      let buffer = try kernel.allocate(bytes.count)
      try memory.store(bytes: bytes, at: buffer)
      let done = try kernel.call(
        "CcCopyWrite",
        file,
        offset(start),
        UInt32(bytes.count),
        true,
        buffer
      )
      #expect(done & 0xFF == 1)
    }
  }

  @Test(arguments: Host.few)
  func `a page is read from the file system once`(host: Host) throws {
    let fs = try FileSystem(host, byteCount: 300_000)
    try fs.initialize()
    #expect(try fs.memory[fs.file].privateCacheMap != .null)
    #expect(try fs.memory[fs.pointers].sharedCacheMap != .null)
    // Nothing is there yet, and the caller does not wait.
    #expect(try fs.read(5000, 100, waits: false) == nil)
    #expect(try fs.read(5000, 100) == Array(fs.medium[5000..<5100]))
    #expect(fs.requests.map(\.offset) == [4096])
    #expect(try fs.read(5000, 100, waits: false) == Array(fs.medium[5000..<5100]))
    #expect(fs.requests.count == 1)
    // Across the border of two views, and up to the end.
    #expect(try fs.read(200_000, 100_000) == Array(fs.medium[200_000...]))
    #expect(fs.requests.allSatisfy { !$0.isWrite && $0.count <= 65_536 })
    let border = fs.requests.contains { $0.offset < 262_144 && $0.offset + $0.count > 262_144 }
    #expect(!border)
  }

  @Test(arguments: Host.few)
  func `what is written stays in the cache until it is flushed`(host: Host) throws {
    let fs = try FileSystem(host, byteCount: 20_000)
    try fs.initialize()
    let before = fs.medium
    try fs.write([1, 2, 3], at: 4095)
    // Only pages that are written in part are read before.
    #expect(fs.requests.map(\.count) == [8192])
    try fs.write([UInt8](repeating: 9, count: 4096), at: 8192)
    #expect(fs.requests.count == 1)
    #expect(fs.medium == before)
    #expect(try fs.read(4094, 5) == [before[4094], 1, 2, 3, before[4098]])
    try fs.kernel.call("CcFlushCache", fs.pointers, VirtualAddress.null, UInt32(0), fs.files.block)
    #expect(fs.requests.last?.isWrite == true)
    #expect(fs.requests.last?.offset == 0)
    #expect(fs.requests.last?.count == 12_288)
    #expect(Array(fs.medium[4094..<4099]) == [before[4094], 1, 2, 3, before[4098]])
    // Nothing is dirty any more.
    let count = fs.requests.count
    try fs.kernel.call("CcFlushCache", fs.pointers, VirtualAddress.null, UInt32(0), fs.files.block)
    #expect(fs.requests.count == count)
    // What is purged is read again.
    try fs.write([77], at: 0)
    let purged = try fs.kernel.call(
      "CcPurgeCacheSection",
      fs.pointers,
      VirtualAddress.null,
      UInt32(0),
      UInt32(0)
    )
    #expect(purged & 0xFF == 1)
    #expect(try fs.read(0, 1) == [fs.medium[0]])
  }

  @Test(arguments: Host.few)
  func `behind the valid data there are zeros that nobody is asked for`(host: Host) throws {
    let fs = try FileSystem(host, byteCount: 20_000)
    try fs.initialize(validData: 4096)
    #expect(try fs.read(8192, 64) == [UInt8](repeating: 0, count: 64))
    #expect(fs.requests.isEmpty)
  }

  @Test(arguments: Host.few)
  func `an MDL of the cache describes its very pages, one for each view`(host: Host) throws {
    let fs = try FileSystem(host, byteCount: 600_000)
    try fs.initialize()
    let chain = try fs.kernel.allocate(8)
    let (start, count) = (200_003, 300_000)
    try fs.kernel.call(
      "CcMdlRead",
      fs.file,
      fs.offset(start),
      UInt32(count),
      chain,
      fs.files.block
    )
    var bytes: [UInt8] = []
    var mdls: [GuestPointer<MDL>] = []
    var mdl: GuestPointer<MDL> = try fs.memory.load(at: chain)
    while !mdl.isNull {
      mdls.append(mdl)
      #expect(try fs.memory[mdl].flags.contains(.pagesLocked))
      let part = Int(try fs.memory[mdl].byteCount)
      let mapping = try fs.kernel.manager.mapLockedPages(mdl, mode: .kernel)
      let base = VirtualAddress(
        rawValue: mapping.rawValue | UInt64(try fs.memory[mdl].byteOffset)
      )
      bytes += try fs.memory.bytes(at: base, count: part)
      // The same frames: a write through the mapping is seen in the cache.
      try fs.memory.store(UInt8(0xEE), at: base)
      try fs.kernel.manager.unmapLockedPages(mapping, mdl)
      mdl = try fs.memory[mdl].next
    }
    #expect(mdls.count == 2)
    #expect(bytes == Array(fs.medium[start..<start + count]))
    #expect(try fs.read(start, 1) == [0xEE])
    #expect(try fs.read(262_144, 1) == [0xEE])
    // A page that is locked cannot be purged.
    let purged = try fs.kernel.call(
      "CcPurgeCacheSection",
      fs.pointers,
      VirtualAddress.null,
      UInt32(0),
      UInt32(0)
    )
    #expect(purged & 0xFF == 0)
    let first: GuestPointer<MDL> = try fs.memory.load(at: chain)
    try fs.kernel.call("CcMdlReadComplete", fs.file, first)
    #expect(fs.kernel.manager.lockedMDLs.isEmpty)
  }

  @Test(arguments: Host.few)
  func `what a driver writes through an MDL of the cache is flushed`(host: Host) throws {
    let fs = try FileSystem(host, byteCount: 20_000)
    try fs.initialize()
    let chain = try fs.kernel.allocate(8)
    let place = try fs.offset(4096)
    try fs.kernel.call("CcPrepareMdlWrite", fs.file, place, UInt32(4096), chain, fs.files.block)
    // The page is written as a whole, and is not read before.
    #expect(fs.requests.isEmpty)
    let mdl: GuestPointer<MDL> = try fs.memory.load(at: chain)
    let mapping = try fs.kernel.manager.mapLockedPages(mdl, mode: .kernel)
    try fs.memory.fill(at: mapping, count: 4096, with: 0x5A)
    try fs.kernel.manager.unmapLockedPages(mapping, mdl)
    try fs.kernel.call("CcMdlWriteComplete", fs.file, place, mdl)
    try fs.kernel.call("CcFlushCache", fs.pointers, VirtualAddress.null, UInt32(0), fs.files.block)
    #expect(fs.medium[4096..<8192].allSatisfy { $0 == 0x5A })
  }

  @Test(arguments: Host.few)
  func `an error of the file system is raised, and the page is tried again`(host: Host) throws {
    let fs = try FileSystem(host, byteCount: 20_000)
    try fs.initialize()
    // STATUS_DEVICE_DATA_ERROR.
    fs.readStatus = NTStatus(0xC000_009C)
    let error = #expect(throws: RaisedStatus.self) { try fs.read(0, 10) }
    #expect(error?.status == NTStatus(0xC000_009C))
    fs.readStatus = .success
    #expect(try fs.read(0, 10) == Array(fs.medium[0..<10]))
  }

  @Test(arguments: Host.few)
  func `a map is closed with its last file object, after what is dirty was written`(
    host: Host
  ) throws {
    let fs = try FileSystem(host, byteCount: 20_000)
    try fs.initialize()
    try fs.write([1, 2, 3], at: 0)
    let event = try fs.kernel.allocate(32)
    let gone = try fs.kernel.call("CcUninitializeCacheMap", fs.file, VirtualAddress.null, event)
    #expect(gone & 0xFF == 0)
    #expect(try fs.memory[fs.file].privateCacheMap == .null)
    #expect(try fs.memory[fs.pointers].sharedCacheMap != .null)
    // The cache manager's thread.
    try fs.kernel.call("CcpCloseCacheMap", GuestWord(1))
    #expect(fs.medium.prefix(3) == [1, 2, 3])
    #expect(try fs.memory[fs.pointers].sharedCacheMap == .null)
    let width = fs.memory.architecture.pointerSize
    #expect(try fs.kernel.call("KeReadStateEvent", event + width) & 0xFFFF_FFFF == 1)
    // Without dirty pages it is gone at once.
    try fs.initialize()
    #expect(try fs.read(0, 3) == [1, 2, 3])
    let again = try fs.kernel.call(
      "CcUninitializeCacheMap",
      fs.file,
      VirtualAddress.null,
      VirtualAddress.null
    )
    #expect(again & 0xFF == 1)
  }

  @Test(arguments: Host.few)
  func `data can be pinned, changed in place and zeroed`(host: Host) throws {
    let fs = try FileSystem(host, byteCount: 20_000)
    try fs.initialize()
    let slots = try fs.kernel.allocate(16)
    let pinned = try fs.kernel.call(
      "CcPinRead",
      fs.file,
      fs.offset(5000),
      UInt32(10),
      UInt32(1),
      slots,
      slots + 8
    )
    #expect(pinned & 0xFF == 1)
    let (bcb, buffer): (VirtualAddress, VirtualAddress) = (
      try fs.memory.load(at: slots), try fs.memory.load(at: slots + 8)
    )
    #expect(try fs.memory.bytes(at: buffer, count: 10) == Array(fs.medium[5000..<5010]))
    try fs.memory.store(UInt8(0x99), at: buffer)
    try fs.kernel.call("CcSetDirtyPinnedData", bcb, VirtualAddress.null)
    try fs.kernel.call("CcUnpinData", bcb)
    let zeroed = try fs.kernel.call(
      "CcZeroData",
      fs.file,
      fs.offset(5001),
      fs.offset(5004),
      true
    )
    #expect(zeroed & 0xFF == 1)
    try fs.kernel.call("CcFlushCache", fs.pointers, VirtualAddress.null, UInt32(0), fs.files.block)
    #expect(Array(fs.medium[5000..<5004]) == [0x99, 0, 0, 0])
  }
}
