import GuestABI
import NTReleases
import NTStructures
import Testing

@testable import NTKernel

@Suite struct ProcessAddressSpaceTests {
  /// One kernel of each format of page tables.
  static let kernels: [(Release, Architecture)] = [
    (.nt351, .x86), (.win10_1607, .x86), (.win7, .x64),
  ]

  @Test(arguments: kernels)
  func `what is mapped for the system is mapped in every process, before and after it is made`(
    release: Release,
    architecture: Architecture
  ) throws {
    let fixture = try KernelFixture(release, architecture)
    let manager = fixture.manager
    let before = try #require(try manager.allocatePool(10_000, .nonpaged, tag: 1))
    let space = try manager.makeAddressSpace()
    // Far apart, so that each needs page tables of its own.
    var after = [before]
    for region in [manager.layout.pagedPool, manager.layout.kernelStacks] {
      let page = region.upperBound + -0x2000
      try manager.mapKernelPages(1, at: page)
      after.append(page)
    }
    manager.activate(space)
    let inside = manager.layout.driverImages.upperBound + -0x2000
    try manager.mapKernelPages(1, at: inside)
    after.append(inside)

    for address in after {
      try fixture.memory.store(UInt32(0x1234), at: address)
      manager.activate(manager.systemSpace)
      #expect(try fixture.memory.load(UInt32.self, at: address) == 0x1234)
      #expect(
        manager.systemSpace.tables.translate(address)?.frame
          == space.tables.translate(address)?.frame
      )
      manager.activate(space)
    }
  }

  @Test(arguments: kernels)
  func `a process sees its own memory and its own page tables`(
    release: Release,
    architecture: Architecture
  ) throws {
    let fixture = try KernelFixture(release, architecture)
    let manager = fixture.manager
    let spaces = try (0..<3).map { _ in try manager.makeAddressSpace() }
    var buffers: [VirtualAddress] = []
    for (index, space) in spaces.enumerated() {
      manager.activate(space)
      buffers.append(try manager.allocateUserBuffer(100, byteOffset: 8))
      try fixture.memory.store(UInt32(index), at: buffers[index])
    }
    #expect(Set(buffers).count == 1)
    let page = buffers[0].rawValue >> 12
    let entry = manager.layout.pageTableBase + Int(page) * fixture.memory.tables.format.entrySize
    for (index, space) in spaces.enumerated() {
      manager.activate(space)
      #expect(try fixture.memory.load(UInt32.self, at: buffers[0]) == UInt32(index))
      let pte = try fixture.memory.load(UInt32.self, at: entry)
      let frame = try #require(space.tables.translate(buffers[0])?.frame)
      #expect(pte >> 12 == UInt32(frame))
    }
    manager.activate(manager.systemSpace)
    #expect(throws: GuestFault.self) { try fixture.memory.load(UInt32.self, at: buffers[0]) }
  }

  @Test(arguments: kernels)
  func `a process that ends gives all its frames back`(
    release: Release,
    architecture: Architecture
  ) throws {
    let fixture = try KernelFixture(release, architecture)
    let manager = fixture.manager
    let free = manager.frames.freeCount
    for round in 0..<20 {
      let space = try manager.makeAddressSpace()
      manager.activate(space)
      let buffer = try manager.allocateUserBuffer(50_000, byteOffset: round)
      let pool = try #require(try manager.allocatePool(5000, .nonpaged, tag: 1))
      let mdl = try #require(try manager.allocateMDL(for: pool, byteCount: 5000))
      try manager.buildMDLForNonpagedPool(mdl)
      _ = try manager.mapLockedPages(mdl, mode: .user)
      #expect(manager.frames.freeCount < free)
      try manager.delete(space)
      #expect(manager.currentSpace === manager.systemSpace)
      #expect(throws: GuestFault.self) { try fixture.memory.load(UInt8.self, at: buffer) }
      try manager.freeMDL(mdl)
      try manager.freePool(pool)
    }
    #expect(manager.liveMappings.isEmpty)
    // A page of pool for the MDLs, and page tables of the pool, stay.
    #expect(free - manager.frames.freeCount <= 4)
  }

  @Test(arguments: kernels)
  func `pages that are locked when their process ends stay allocated until they are unlocked`(
    release: Release,
    architecture: Architecture
  ) throws {
    let fixture = try KernelFixture(release, architecture)
    let manager = fixture.manager
    let space = try manager.makeAddressSpace()
    manager.activate(space)
    let buffer = try manager.allocateUserBuffer(8192, byteOffset: 0)
    let mdl = try #require(try manager.allocateMDL(for: buffer, byteCount: 8192))
    try manager.probeAndLockPages(mdl, mode: .user, operation: .write)
    #expect(space.lockedPageCount == 2)
    if Behaviour(of: release).processExitChecksLockedPages {
      let stop = #expect(throws: BugCheck.self) { try manager.delete(space) }
      #expect(stop?.code == .processHasLockedPages)
      #expect(stop?.parameters == [0, space.process.rawValue, 2, 0])
    } else {
      let frames = try (0..<2).map {
        try #require(space.tables.translate(buffer + $0 * 4096)?.frame)
      }
      try manager.delete(space)
      #expect(frames.allSatisfy { manager.frames.referenceCount(of: $0) == 1 })
      try manager.unlockPages(mdl)
      #expect(frames.allSatisfy { manager.frames.use(of: $0) == .free })
    }
    #expect(fixture.violations == [.pagesLockedAtExit])
  }

  @Test(arguments: kernels)
  func `what a process leaves is told, and given back, in the order of addresses`(
    release: Release,
    architecture: Architecture
  ) throws {
    let fixture = try KernelFixture(release, architecture)
    let manager = fixture.manager
    let space = try manager.makeAddressSpace()
    manager.activate(space)
    var mdls: [VirtualAddress] = []
    var frames: [FrameNumber] = []
    for _ in 0..<8 {
      let buffer = try manager.allocateUserBuffer(100, byteOffset: 0)
      frames.append(try #require(space.tables.translate(buffer)?.frame))
      let mdl = try #require(try manager.allocateMDL(for: buffer, byteCount: 100))
      try manager.probeAndLockPages(mdl, mode: .user, operation: .write)
      mdls.append(mdl.address)
    }
    if Behaviour(of: release).processExitChecksLockedPages {
      #expect(throws: BugCheck.self) { try manager.delete(space) }
      for mdl in mdls { try manager.unlockPages(GuestPointer(mdl)) }
      try manager.delete(space)
      // A frame that was freed last is used first; the process's page tables were freed after these.
      let next = (0..<64).compactMap { _ in manager.frames.allocate(.user) }
      let order = next.filter(frames.contains)
      #expect(order == frames.reversed(), "\(order)")
    } else {
      try manager.delete(space)
    }
    let told = fixture.events.compactMap { event -> VirtualAddress? in
      guard case .violation(let violation) = event else { return nil }
      return violation.mdl?.address
    }
    #expect(told == mdls.sorted())
  }

  @Test(arguments: kernels)
  func `a handle belongs to the process that opened it`(
    release: Release,
    architecture: Architecture
  ) throws {
    let fixture = try KernelFixture(release, architecture)
    let (objects, processes) = (fixture.kernel.objects, fixture.kernel.processes)
    let object = KernelObject(.event)
    let first = try processes.makeProcess()
    let second = try processes.makeProcess()
    try processes.enter(first)
    let handle = try objects.makeHandle(for: object, access: [])
    #expect(objects.object(for: handle) === object)
    #expect(objects.currentProcess?.body == first.body)
    try processes.enter(second)
    #expect(objects.object(for: handle) == nil)
    #expect(objects.currentThread?.body == second.thread.body)
    #expect(object.handleCount == 1)
    objects.reference(try #require(objects.object(withBody: first.body)))
    try processes.exit(first)
    #expect(object.handleCount == 0)
    #expect(processes.process(withBody: first.body) != nil)
    #expect(try fixture.memory[GuestPointer<DispatcherHeader>(first.body)].signalState == 1)
    try objects.dereference(try #require(objects.object(withBody: first.body)))
    #expect(processes.process(withBody: first.body) == nil)
  }
}
