import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct RandomSequenceTests {
  /// A buffer, and what a driver has done with it.
  private struct Buffer {
    let address: VirtualAddress
    let byteCount: Int
    let mdl: GuestPointer<MDL>
    var isLocked = false
    var mapped: VirtualAddress?
    var stamp: UInt8 = 0
  }

  @Test(arguments: Host.few, [1, 2, 3] as [UInt64])
  func `thousands of acts keep frames and mappings in order`(host: Host, seed: UInt64) throws {
    let fixture = try host.fixture(seed: seed)
    let manager = fixture.manager
    var generator = SeededGenerator(seed: seed &* 77)
    var buffers: [Buffer] = []
    // Once through all regions, so that their page tables exist.
    for _ in 0..<2 {
      for _ in 0..<40 { buffers.append(try allocate(fixture, &generator)) }
      for index in buffers.indices { try lockAndMap(fixture, &buffers[index], .kernel) }
      while let buffer = buffers.popLast() { try free(fixture, buffer) }
    }
    for step in 0..<2000 {
      let index = buffers.indices.randomElement(using: &generator)
      switch (Int.random(in: 0..<6, using: &generator), index) {
      case (0, _) where buffers.count < 30, (_, nil):
        buffers.append(try allocate(fixture, &generator))
      case (1, let index?):
        try free(fixture, buffers.remove(at: index))
      case (2, let index?), (3, let index?):
        let mode: ProcessorMode = Bool.random(using: &generator) ? .kernel : .user
        try lockAndMap(fixture, &buffers[index], mode)
      case (4, let index?):
        try unmap(fixture, &buffers[index])
      case (_, let index?):
        // Written through one of its addresses, read through the other.
        let buffer = buffers[index]
        let stamp = UInt8(truncatingIfNeeded: step)
        let target = buffer.mapped ?? buffer.address
        try fixture.memory.fill(at: target, count: buffer.byteCount, with: stamp)
        buffers[index].stamp = stamp
      }
      if step % 50 == 0 { try check(fixture, buffers) }
    }
    try check(fixture, buffers)
    let live = buffers.map { pages($0) }.reduce(0, +)
    let free = manager.frames.freeCount
    for buffer in buffers { try self.free(fixture, buffer) }
    #expect(manager.frames.freeCount == free + live)
    #expect(manager.lockedMDLs.isEmpty)
    #expect(manager.liveMappings.isEmpty)
    #expect(fixture.violations.isEmpty)
  }

  private func pages(_ buffer: Buffer) -> Int {
    MDL.pageCount(from: buffer.address, byteCount: buffer.byteCount)
  }

  private func allocate(
    _ fixture: KernelFixture,
    _ generator: inout SeededGenerator
  ) throws -> Buffer {
    let byteCount = Int.random(in: 1...20_000, using: &generator)
    let offset = Int.random(in: 0...4095, using: &generator)
    let address = try fixture.manager.allocateUserBuffer(byteCount, byteOffset: offset)
    let mdl = try fixture.manager.allocateMDL(for: address, byteCount: byteCount)
    return Buffer(address: address, byteCount: byteCount, mdl: try #require(mdl))
  }

  private func lockAndMap(
    _ fixture: KernelFixture,
    _ buffer: inout Buffer,
    _ mode: ProcessorMode
  ) throws {
    if !buffer.isLocked {
      try fixture.call("MmProbeAndLockPages", buffer.mdl, ProcessorMode.user, LockOperation.modify)
      buffer.isLocked = true
    }
    guard buffer.mapped == nil else { return }
    let address = try fixture.pointer("MmMapLockedPages", buffer.mdl, mode)
    buffer.mapped = address + (-address.offsetInPage + buffer.address.offsetInPage)
  }

  private func unmap(_ fixture: KernelFixture, _ buffer: inout Buffer) throws {
    guard let mapped = buffer.mapped else { return }
    try fixture.call("MmUnmapLockedPages", mapped, buffer.mdl)
    buffer.mapped = nil
  }

  private func free(_ fixture: KernelFixture, _ buffer: Buffer) throws {
    var buffer = buffer
    try unmap(fixture, &buffer)
    if buffer.isLocked { try fixture.call("MmUnlockPages", buffer.mdl) }
    try fixture.call("IoFreeMdl", buffer.mdl)
    fixture.manager.freeUserBuffer(buffer.address)
  }

  /// Checks what must hold between any two acts.
  private func check(_ fixture: KernelFixture, _ buffers: [Buffer]) throws {
    var seen: Set<FrameNumber> = []
    for buffer in buffers {
      let frames = fixture.frames(at: buffer.address + -buffer.address.offsetInPage, pages(buffer))
      for frame in frames.compactMap({ $0 }) {
        #expect(seen.insert(frame).inserted)
        let count = fixture.manager.frames.referenceCount(of: frame)
        #expect(count == (buffer.isLocked ? 2 : 1))
      }
      #expect(!frames.contains(nil))
      let first = try fixture.memory.load(UInt8.self, at: buffer.address)
      let last = try fixture.memory.load(UInt8.self, at: buffer.address + (buffer.byteCount - 1))
      #expect(first == buffer.stamp)
      #expect(last == buffer.stamp)
      guard let mapped = buffer.mapped else { continue }
      #expect(fixture.frames(at: mapped + -mapped.offsetInPage, pages(buffer)) == frames)
    }
    #expect(fixture.manager.liveMappings.count == buffers.count { $0.mapped != nil })
    #expect(fixture.manager.lockedMDLs.count == buffers.count { $0.isLocked })
  }
}
