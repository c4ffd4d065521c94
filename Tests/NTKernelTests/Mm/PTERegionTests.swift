import GuestABI
import NTKernel
import Testing

@Suite struct PTERegionTests {
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64], [100, 128, 1000])
  func `a region agrees with a list of runs`(seed: UInt64, pageCount: Int) throws {
    let start = VirtualAddress(rawValue: 0xE800_0000)
    let region = PTERegion(start..<start + pageCount * 4096)
    var generator = SeededGenerator(seed: seed)
    var runs: [(first: Int, count: Int, owner: UInt32?)] = []
    // The first page is a guard, and so is the one behind each run.
    var used = Array(repeating: false, count: pageCount)
    used[0] = true
    for step in 0..<4000 {
      if Bool.random(using: &generator) {
        let count = Int.random(in: 1...20, using: &generator)
        let alignment = [1, 1, 2, 16].randomElement(using: &generator) ?? 1
        let owner: UInt32? = step % 3 == 0 ? nil : UInt32(step)
        let found = try region.reserve(count, owner: owner, alignment: alignment)
        let hasRoom = stride(from: 0, to: pageCount, by: alignment).contains { first in
          first + count < pageCount && !used[first...first + count].contains(true)
        }
        #expect((found != nil) == hasRoom, "step \(step)")
        guard let found else { continue }
        let first = Int(found.pageNumber - start.pageNumber)
        #expect(first % alignment == 0)
        #expect(!used[first...first + count].contains(true))
        for page in first...first + count { used[page] = true }
        runs.append((first, count, owner))
      } else if let index = runs.indices.randomElement(using: &generator) {
        let run = runs.remove(at: index)
        region.release(start + run.first * 4096, run.count)
        for page in run.first...run.first + run.count { used[page] = false }
        #expect(region.owner(of: start + run.first * 4096) == nil)
      }
      let reserved = runs.reduce(0) { $0 + $1.count }
      #expect(region.usedCount == reserved)
      #expect(region.freeCount == pageCount - 1 - reserved)
      guard let run = runs.randomElement(using: &generator) else { continue }
      let inside =
        start + (run.first * 4096 + Int.random(in: 0..<run.count * 4096, using: &generator))
      #expect(region.owner(of: inside) == run.owner)
      #expect(region.owner(of: start + (run.first + run.count) * 4096) == nil)
    }
  }

  @Test func `a limit counts pages, not the guards behind them`() throws {
    let start = VirtualAddress(rawValue: 0xE800_0000)
    let region = PTERegion(start..<start + 21 * 4096, limit: 10)
    var runs: [VirtualAddress] = []
    while let run = try region.reserve(1, owner: nil) { runs.append(run) }
    #expect(runs.count == 10)
    #expect(region.freeCount == 0)
    region.release(runs[3], 1)
    #expect(region.freeCount == 1)
    #expect(try region.reserve(2, owner: nil) == nil)
    #expect(try region.reserve(1, owner: nil) == runs[3])
  }

  @Test func `a region that is shorter than its limit says so`() throws {
    let start = VirtualAddress(rawValue: 0xE800_0000)
    let region = PTERegion(start..<start + 20 * 4096, limit: 10)
    for _ in 0..<9 { #expect(try region.reserve(1, owner: nil) != nil) }
    #expect(throws: Unmodelled.self) { try region.reserve(1, owner: nil) }
    #expect(try region.reserve(2, owner: nil) == nil)
  }

  @Test func `addresses outside the region have no owner`() throws {
    let start = VirtualAddress(rawValue: 0xFFFF_F880_0000_0000)
    let region = PTERegion(start..<start + 0x10_0000)
    #expect(region.owner(of: start + -1) == nil)
    #expect(region.owner(of: start + 0x10_0000) == nil)
    #expect(try region.reserve(256, owner: 1) == nil)
    #expect(try region.reserve(254, owner: 1) == start + 4096)
    #expect(try region.reserve(1, owner: 2) == nil)
  }
}
