import GuestABI
import NTKernel
import Testing

@Suite struct PFNDatabaseTests {
  private func database(seed: UInt64) throws -> PFNDatabase {
    PFNDatabase(ram: try GuestRAM(byteCount: 8 << 20), seed: seed)
  }

  @Test(arguments: [1, 2, 99] as [UInt64])
  func `each frame is given once, none next to the last`(seed: UInt64) throws {
    let database = try database(seed: seed)
    var frames: [FrameNumber] = []
    while let frame = database.allocate(.user) { frames.append(frame) }
    #expect(Set(frames).count == frames.count)
    // All but page 0 and the hole below 1 MiB.
    #expect(frames.count == 2048 - 1 - 0x61)
    #expect(database.freeCount == 0)
    #expect(!zip(frames, frames.dropFirst()).contains { $1 == $0 + 1 })
    #expect(frames.allSatisfy { database.referenceCount(of: $0) == 1 })
    #expect(frames.allSatisfy { database.use(of: $0) == .user })
    #expect(database.use(of: 0) == .reserved)
    #expect(database.use(of: 0xA0) == .reserved)
    for frame in frames { database.dereference(frame) }
    #expect(database.freeCount == frames.count)
  }

  @Test func `the seed decides the order`() throws {
    func order(_ seed: UInt64) throws -> [FrameNumber?] {
      let database = try database(seed: seed)
      return (0..<100).map { _ in database.allocate(.user) }
    }
    #expect(try order(7) == order(7))
    #expect(try order(7) != order(8))
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `frames that come back are never given in order either`(seed: UInt64) throws {
    let database = try database(seed: seed)
    var generator = SeededGenerator(seed: seed)
    var live: [FrameNumber] = []
    var last: FrameNumber?
    for _ in 0..<20_000 {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        let count = Int.random(in: 1..<16, using: &generator)
        if let first = database.allocateContiguous(count, in: 0..<2048, .contiguous) {
          live += (0..<FrameNumber(count)).map { first + $0 }
        }
      case 1...4 where !live.isEmpty:
        let index = live.indices.randomElement(using: &generator) ?? 0
        database.dereference(live.remove(at: index))
      default:
        guard let frame = database.allocate(.user) else { continue }
        #expect(!live.contains(frame))
        #expect(last.map { $0 + 1 } != frame)
        live.append(frame)
        last = frame
      }
      #expect(database.freeCount == 2048 - 1 - 0x61 - live.count)
    }
  }

  @Test func `contiguous runs follow each other within their bounds`() throws {
    let database = try database(seed: 5)
    for (count, range, alignment) in [(3, 0x100..<0x200, 1), (8, 0..<2048, 8), (1, 5..<6, 1)] {
      let found = database.allocateContiguous(count, in: range, alignment: alignment, .contiguous)
      let first = try #require(found)
      #expect(range.contains(Int(first)) && range.contains(Int(first) + count - 1))
      #expect(Int(first) % alignment == 0)
      for frame in first..<first + FrameNumber(count) {
        #expect(database.use(of: frame) == .contiguous)
      }
    }
    #expect(database.allocateContiguous(1, in: 5..<6, .contiguous) == nil)
    #expect(database.allocateContiguous(4096, in: 0..<8192, .contiguous) == nil)
  }

  @Test func `a frame is free when its last reference goes`() throws {
    let database = try database(seed: 5)
    let frame = try #require(database.allocate(.user))
    let before = database.freeCount
    database.reference(frame)
    database.dereference(frame)
    #expect(database.freeCount == before)
    database.dereference(frame)
    #expect(database.freeCount == before + 1)
    // More of them change nothing.
    database.dereference(frame)
    #expect(database.freeCount == before + 1)
    #expect(database.use(of: frame) == .free)
  }

  @Test func `a frame that is given zeroed is zero, whatever it held`() throws {
    let database = try database(seed: 5)
    for _ in 0..<3 {
      let frame = try #require(database.allocateZeroed(.user))
      let host = UnsafeRawBufferPointer(start: database.ram.host(frame), count: 4096)
      #expect(host.allSatisfy { $0 == 0 })
      database.ram.fill(frame, with: 0xAA)
      database.dereference(frame)
    }
  }
}
