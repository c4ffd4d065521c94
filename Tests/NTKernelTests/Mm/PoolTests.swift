import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct PoolTests {
  private static let tag: UInt32 = 0x7473_6554

  @Test(arguments: Host.all)
  func `blocks are aligned as the release aligns them, and do not overlap (KD-070)`(host: Host)
    throws
  {
    let fixture = try host.fixture()
    let memory = fixture.memory
    // 32 bytes on x86 up to Windows 2000, 8 from Windows XP on; 16 on x64.
    let unit = host.architecture == .x64 ? 16 : host.release < .wxp ? 32 : 8
    var isFinest = false
    let header = host.architecture == .x64 ? 16 : 8
    var generator = SeededGenerator(seed: 3)
    var live: [(address: VirtualAddress, size: Int, byte: UInt8)] = []
    for step in 0..<400 {
      if step % 3 != 2 || live.isEmpty {
        let size = Int.random(in: 0...300, using: &generator) * (step % 50 == 0 ? 40 : 1)
        let type: UInt32 = step % 2 == 0 ? 0 : 1
        let address = try fixture.pointer(
          "ExAllocatePoolWithTag",
          type,
          GuestWord(size),
          Self.tag
        )
        let region =
          type == 0 ? fixture.manager.layout.nonpagedPool : fixture.manager.layout.pagedPool
        #expect(region.contains(address))
        if size >= 4096 {
          #expect(address.offsetInPage == 0)
        } else {
          #expect(address.offsetInPage == 0 || (address.offsetInPage - header) % unit == 0)
          if (address.offsetInPage - header) % (unit * 2) != 0 { isFinest = true }
        }
        let byte = UInt8(truncatingIfNeeded: step)
        try memory.fill(at: address, count: size, with: byte)
        live.append((address, size, byte))
      } else {
        let index = live.indices.randomElement(using: &generator) ?? 0
        let block = live.remove(at: index)
        let bytes = try memory.bytes(at: block.address, count: block.size)
        #expect(bytes.allSatisfy { $0 == block.byte })
        try fixture.call("ExFreePool", block.address)
      }
    }
    #expect(isFinest)
    for block in live {
      let bytes = try memory.bytes(at: block.address, count: block.size)
      #expect(bytes.allSatisfy { $0 == block.byte })
    }
  }

  @Test(arguments: Host.all)
  func `freeing twice stops a machine from Windows 2000 on, and is not modelled before`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    for size in [24, 5000] {
      let address = try fixture.pointer("ExAllocatePool", UInt32(0), GuestWord(size))
      try fixture.call("ExFreePool", address)
      if host.release >= .w2k {
        let error = #expect(throws: BugCheck.self) { try fixture.call("ExFreePool", address) }
        #expect(error?.code.rawValue == 0xC2)
      } else {
        #expect(throws: Unmodelled.self) { try fixture.call("ExFreePool", address) }
      }
    }
    #expect(fixture.violations == [.freeTwice, .freeTwice])
  }

  @Test(arguments: Host.few)
  func `a pool that is used up returns NULL, and recovers`(host: Host) throws {
    let fixture = try host.fixture()
    let before = fixture.manager.frames.freeCount
    var blocks: [VirtualAddress] = []
    while true {
      let block = try fixture.pointer("ExAllocatePool", UInt32(0), GuestWord(0x4_0000))
      if block == .null { break }
      blocks.append(block)
    }
    // 5.7 MB of NT 4.0's 16, or 12 MB.
    #expect(blocks.count >= (host.release == .nt400sp3 ? 22 : 46))
    #expect(throws: RaisedStatus(.insufficientResources)) {
      try fixture.call("ExAllocatePoolWithQuota", UInt32(0), GuestWord(0x4_0000))
    }
    #expect(
      try fixture.pointer("ExAllocatePoolWithQuotaTag", UInt32(8), GuestWord(0x4_0000), Self.tag)
        == .null
    )
    #expect(try fixture.pointer("ExAllocatePool", UInt32(0), GuestWord(UInt32.max)) == .null)
    for block in blocks { try fixture.call("ExFreePool", block) }
    // Page tables stay.
    #expect(before - fixture.manager.frames.freeCount < 20)
    #expect(try fixture.pointer("ExAllocatePool", UInt32(0), GuestWord(0x4_0000)) != .null)
  }

  @Test(arguments: Host.few)
  func `pages of a large block are not contiguous`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try fixture.pointer("ExAllocatePool", UInt32(0), GuestWord(0x8000))
    let frames = fixture.frames(at: block, 8).compactMap { $0 }
    #expect(frames.count == 8)
    #expect(!zip(frames, frames.dropFirst()).contains { $1 == $0 + 1 })
  }

  @Test(arguments: Host.few)
  func `ExAllocatePool2 zeroes, and refuses flags that are not valid`(host: Host) throws {
    let fixture = try host.fixture()
    func allocate(_ flags: UInt64, tag: UInt32 = Self.tag) throws -> VirtualAddress {
      try fixture.pointer("ExAllocatePool2", flags, GuestWord(64), tag)
    }
    for flags in [UInt64(0x40), 0x80, 0x100, 0x4000_0000_0041] {
      // As many as are set aside when they are freed, so that one of them is used again.
      for _ in 0..<200 {
        let block = try allocate(flags)
        try #require(block != .null)
        #expect(try fixture.memory.bytes(at: block, count: 64).allSatisfy { $0 == 0 })
        try fixture.memory.fill(at: block, count: 64, with: 0xFF)
        try fixture.call("ExFreePoolWithTag", block, Self.tag)
      }
    }
    // None and two kinds, and a bit that is reserved.
    for flags in [UInt64(0), 0x140, 0x50] { #expect(try allocate(flags) == .null) }
    #expect(try allocate(0x40, tag: 0) == .null)
    #expect(throws: Unmodelled.self) { try allocate(0x60, tag: 0) }
    #expect(throws: Unmodelled.self) { try allocate(0x44) }
    #expect(throws: RaisedStatus(.insufficientResources)) {
      try fixture.call("ExAllocatePool2", UInt64(0x60), GuestWord(UInt32.max), Self.tag)
    }
    let block = try fixture.pointer(
      "ExAllocatePool3",
      UInt64(0x40),
      GuestWord(64),
      Self.tag,
      VirtualAddress.null,
      UInt32(0)
    )
    #expect(block != .null)
    try fixture.call("ExFreePool2", block, Self.tag, VirtualAddress.null, UInt32(0))
  }

  @Test(arguments: Host.all)
  func `pool that must succeed stops the system when it ends, and at once since XP (KD-041)`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    func allocate(_ type: UInt32) throws -> VirtualAddress {
      try fixture.pointer("ExAllocatePoolWithTag", type, GuestWord(0x4_0000), Self.tag)
    }
    guard host.release < .wxp else {
      let stop = BugCheck(.badPoolCaller, 0x9A, 2, 0x4_0000, UInt64(Self.tag))
      #expect(throws: stop) { try allocate(2) }
      return
    }
    #expect(try allocate(2) != .null)
    #expect(try allocate(6).offsetInPage == 0)
    while try allocate(0) != .null {}
    let error = #expect(throws: BugCheck.self) { try allocate(2) }
    #expect(error?.code.rawValue == 0x41 && error?.parameters[0] == 0x4_0000)
    #expect(throws: Unmodelled.self) { try allocate(3) }
  }

  @Test(arguments: Host.few)
  func `types ask for the alignment of a cache line, or for an exception`(host: Host) throws {
    let fixture = try host.fixture()
    for type: UInt32 in [4, 5] {
      for size in [1, 40, 300, 5000] {
        let block = try fixture.pointer("ExAllocatePool", type, GuestWord(size))
        #expect(block.offsetInPage % 64 == 0)
        try fixture.memory.fill(at: block, count: size, with: 1)
        try fixture.call("ExFreePool", block)
      }
    }
    #expect(throws: RaisedStatus(.insufficientResources)) {
      try fixture.call("ExAllocatePool", UInt32(16), GuestWord(UInt32.max))
    }
    #expect(fixture.violations.isEmpty)
  }
}
