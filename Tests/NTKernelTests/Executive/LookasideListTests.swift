import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct LookasideListTests {
  @Test(arguments: Architecture.allCases)
  func `a nonpaged list is what the inline routines expect`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let list = try fixture.allocate(128)
    try fixture.call(
      "ExInitializeNPagedLookasideList",
      list,
      VirtualAddress.null,
      VirtualAddress.null,
      0 as UInt32,
      GuestWord(48),
      0x7473_6554 as UInt32,
      0 as UInt16
    )
    let isX86 = architecture == .x86
    let memory = fixture.memory
    let allocate: VirtualAddress = try memory.load(at: list + (isX86 ? 40 : 48))
    let free: VirtualAddress = try memory.load(at: list + (isX86 ? 44 : 56))
    #expect(fixture.routine(at: allocate) == "ExAllocatePoolWithTag")
    #expect(fixture.routine(at: free) == "ExFreePool")
    #expect(try memory.load(UInt16.self, at: list + (isX86 ? 8 : 16)) == 4)
    #expect(try memory.load(UInt32.self, at: list + (isX86 ? 36 : 44)) == 48)
    // What ExFreeToNPagedLookasideList does, inline.
    let block = try fixture.call(
      "ExAllocatePoolWithTag",
      0 as UInt32,
      GuestWord(48),
      0x7473_6554 as UInt32
    )
    let entry = VirtualAddress(rawValue: isX86 ? block & 0xFFFF_FFFF : block)
    if isX86 {
      try fixture.call("InterlockedPushEntrySList", list, entry, convention: .fastcall)
      #expect(try memory.load(UInt16.self, at: list + 4) == 1)
    } else {
      try fixture.call("ExpInterlockedPushEntrySList", list, entry)
      #expect(try fixture.call("ExQueryDepthSList", list) == 1)
    }
    try fixture.call("ExDeleteNPagedLookasideList", list)
    #expect(throws: BugCheck.self) { try fixture.call("ExFreePool", entry) }
  }

  @Test(arguments: Architecture.allCases)
  func `a paged list calls the driver's own routines`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let list = try fixture.allocate(128)
    let allocate = VirtualAddress(rawValue: 0x5000)
    let free = VirtualAddress(rawValue: 0x6000)
    let block = try fixture.allocate(64)
    var freed: [UInt64] = []
    var allocated: [[UInt64]] = []
    fixture.routines[allocate] = {
      allocated.append($0.arguments.map(\.bits))
      return block.rawValue
    }
    fixture.routines[free] = {
      freed.append($0.arguments[0].bits)
      return 0
    }
    try fixture.call(
      "ExInitializePagedLookasideList",
      list,
      allocate,
      free,
      0 as UInt32,
      GuestWord(48),
      7 as UInt32,
      0 as UInt16
    )
    #expect(try fixture.call("ExAllocateFromPagedLookasideList", list) == block.rawValue)
    #expect(allocated == [[1, 48, 7]])
    try fixture.call("ExFreeToPagedLookasideList", list, block)
    #expect(freed.isEmpty)
    #expect(try fixture.call("ExAllocateFromPagedLookasideList", list) == block.rawValue)
    #expect(allocated.count == 1)
    for _ in 0..<5 { try fixture.call("ExFreeToPagedLookasideList", list, fixture.allocate(64)) }
    #expect(freed.count == 1)
    try fixture.call("ExDeletePagedLookasideList", list)
    #expect(freed.count == 5)
  }
}
