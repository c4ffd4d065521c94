import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct InterlockedTests {
  @Test func `numbers change as the names say`() throws {
    let fixture = try RuntimeFixture(.x86)
    let target = GuestPointer<UInt32>(fixture.allocate(8))
    let value = { try fixture.memory.load(UInt32.self, at: target.address) }
    try fixture.memory.store(UInt32(5), at: target.address)
    #expect(try fixture.call("InterlockedIncrement", target) == 6)
    #expect(try fixture.call("InterlockedDecrement", target) == 5)
    #expect(try fixture.call("InterlockedExchange", target, UInt32(9)) == 5)
    #expect(try fixture.call("InterlockedExchangeAdd", target, UInt32(1)) == 9)
    #expect(try fixture.call("InterlockedCompareExchange", target, UInt32(3), UInt32(4)) == 10)
    #expect(try value() == 10)
    #expect(try fixture.call("InterlockedCompareExchange", target, UInt32(0), UInt32(10)) == 10)
    let lock = VirtualAddress.null
    #expect(try fixture.call("ExInterlockedIncrementLong", target, lock) == 0)
    #expect(try fixture.call("ExInterlockedDecrementLong", target, lock) == 0x4000)
    #expect(try fixture.call("ExInterlockedDecrementLong", target, lock) == 0x8000)
    #expect(try fixture.call("ExInterlockedExchangeUlong", target, UInt32(2), lock) == 0xFFFF_FFFF)
    #expect(try fixture.call("ExfInterlockedAddUlong", target, UInt32(2), lock) == 2)
    try fixture.memory.store(UInt64(0xFFFF_FFFF), at: target.address)
    _ = try fixture.registers("ExInterlockedAddLargeStatistic", target, UInt32(1))
    #expect(try fixture.memory.load(UInt64.self, at: target.address) == 0x1_0000_0000)
    let new = try fixture.bytes([1, 0, 0, 0, 2, 0, 0, 0])
    let comparand = try fixture.bytes([0, 0, 0, 0, 1, 0, 0, 0])
    let old = try fixture.call("ExInterlockedCompareExchange64", target, new, comparand, lock)
    #expect(old == 0x1_0000_0000)
    #expect(try fixture.memory.load(UInt64.self, at: target.address) == 0x2_0000_0001)
  }

  @Test(arguments: Architecture.allCases)
  func `both architectures add with a lock`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let target = try fixture.bytes([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0])
    let lock = VirtualAddress.null
    #expect(
      try fixture.call("ExInterlockedAddLargeInteger", target, UInt64(1), lock) == 0xFFFF_FFFF
    )
    #expect(try fixture.memory.load(UInt64.self, at: target) == 0x1_0000_0000)
    #expect(try fixture.call("ExInterlockedAddUlong", target, UInt32(3), lock) == 0)
  }

  @Test(arguments: Architecture.allCases)
  func `doubly linked lists keep their order`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let prefixes = architecture == .x86 ? ["Ex", "Exf"] : ["Ex"]
    for prefix in prefixes {
      let head = GuestPointer<ListEntry>(fixture.allocate(16))
      let entries = (0..<4).map { _ in GuestPointer<ListEntry>(fixture.allocate(16)) }
      let lock = fixture.allocate(8)
      try fixture.memory.modify(head) {
        $0.flink = head
        $0.blink = head
      }
      let tail = "\(prefix)InterlockedInsertTailList"
      #expect(try fixture.call(tail, head, entries[1], lock) == 0)
      #expect(try fixture.call(tail, head, entries[2], lock) == entries[1].guestBits)
      #expect(
        try fixture.call("\(prefix)InterlockedInsertHeadList", head, entries[0], lock)
          == entries[1].guestBits
      )
      #expect(try fixture.call(tail, head, entries[3], lock) == entries[2].guestBits)
      for entry in entries {
        #expect(
          try fixture.call("\(prefix)InterlockedRemoveHeadList", head, lock) == entry.guestBits
        )
      }
      #expect(try fixture.call("\(prefix)InterlockedRemoveHeadList", head, lock) == 0)
      #expect(try fixture.memory[head].flink == head)
      #expect(try fixture.memory[head].blink == head)
      try fixture.call(tail, head, entries[0], lock)
      try fixture.memory[entries[0]].store(entries[1], in: \.blink)
      #expect(throws: Unmodelled.self) {
        try fixture.call("\(prefix)InterlockedRemoveHeadList", head, lock)
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `singly linked lists are stacks`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    for prefix in architecture == .x86 ? ["Ex", "Exf"] : ["Ex"] {
      let head = fixture.allocate(8)
      let lock = fixture.allocate(8)
      let entries = (0..<3).map { _ in fixture.allocate(8) }
      var first: UInt64 = 0
      for entry in entries {
        #expect(try fixture.call("\(prefix)InterlockedPushEntryList", head, entry, lock) == first)
        first = entry.rawValue
      }
      for entry in entries.reversed() {
        #expect(
          try fixture.call("\(prefix)InterlockedPopEntryList", head, lock) == entry.rawValue
        )
      }
      #expect(try fixture.call("\(prefix)InterlockedPopEntryList", head, lock) == 0)
    }
  }

  @Test func `x86 sequenced lists count`() throws {
    let fixture = try RuntimeFixture(.x86)
    let head = fixture.allocate(8)
    let entries = (0..<3).map { _ in fixture.allocate(8) }
    let lock = fixture.allocate(4)
    #expect(try fixture.call("InterlockedPushEntrySList", head, entries[0]) == 0)
    #expect(
      try fixture.call("ExInterlockedPushEntrySList", head, entries[1], lock) == entries[0].rawValue
    )
    try fixture.call("InterlockedPushEntrySList", head, entries[2])
    #expect(try fixture.memory.load(UInt32.self, at: head + 4) == 0x3_0003)
    #expect(try fixture.call("InterlockedPopEntrySList", head) == entries[2].rawValue)
    #expect(try fixture.call("ExInterlockedPopEntrySList", head, lock) == entries[1].rawValue)
    #expect(try fixture.memory.load(UInt16.self, at: head + 4) == 1)
    #expect(try fixture.call("ExInterlockedFlushSList", head) == entries[0].rawValue)
    #expect(try fixture.call("InterlockedPopEntrySList", head) == 0)
    #expect(try fixture.memory.load(UInt16.self, at: head + 4) == 0)
  }

  @Test func `x64 sequenced lists count`() throws {
    let fixture = try RuntimeFixture(.x64)
    let head = fixture.allocate(16)
    let entries = (0..<3).map { _ in fixture.allocate(16) }
    try fixture.memory.fill(at: head, count: 16, with: 0xFF)
    _ = try fixture.registers("InitializeSListHead", head)
    var first: UInt64 = 0
    for (index, entry) in entries.enumerated() {
      #expect(try fixture.call("ExQueryDepthSList", head) == UInt64(index))
      #expect(try fixture.call("ExpInterlockedPushEntrySList", head, entry) == first)
      first = entry.rawValue
    }
    #expect(try fixture.call("ExpInterlockedPopEntrySList", head) == entries[2].rawValue)
    #expect(try fixture.call("ExQueryDepthSList", head) == 2)
    #expect(try fixture.call("ExpInterlockedFlushSList", head) == entries[1].rawValue)
    #expect(try fixture.call("ExpInterlockedPopEntrySList", head) == 0)
    #expect(try fixture.call("ExQueryDepthSList", head) == 0)
    #expect(throws: Unmodelled.self) {
      try fixture.call("ExpInterlockedPushEntrySList", head + 8, entries[0])
    }
  }
}
