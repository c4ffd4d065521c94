import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// A driver's packets: pools, lists and the data of net buffers.
struct NetBufferFixture {
  let fixture: KernelFixture
  let pool: VirtualAddress

  var memory: AddressSpace { fixture.memory }

  /// Makes a pool, whose lists come with net buffers or not.
  init(_ host: Host, hasNetBuffers: Bool = true) throws {
    fixture = try host.fixture()
    let parameters = GuestPointer<NetBufferListPoolParameters>(try fixture.allocate(0x20))
    try fixture.memory.modify(parameters) { view in
      view.header = 0x0010_0180
      view.allocatesNetBuffer = hasNetBuffers
      view.poolTag = 0x7473_6554
    }
    pool = try fixture.pointer("NdisAllocateNetBufferListPool", VirtualAddress.null, parameters)
    #expect(pool != .null)
  }

  /// Makes a chain of MDLs whose bytes count up from 0.
  func makeChain(_ sizes: [Int]) throws -> GuestPointer<MDL> {
    var next = GuestPointer<MDL>(.null)
    var value = UInt8(truncatingIfNeeded: sizes.reduce(0, +))
    for size in sizes.reversed() {
      let data = try fixture.allocate(size)
      value = value &- UInt8(truncatingIfNeeded: size)
      let start = value
      try memory.store(bytes: (0..<size).map { start &+ UInt8(truncatingIfNeeded: $0) }, at: data)
      let mdl = try #require(try fixture.manager.allocateMDL(for: data, byteCount: size))
      try fixture.manager.buildMDLForNonpagedPool(mdl)
      try memory[mdl].store(next, in: \.next)
      next = mdl
    }
    return next
  }

  /// Makes a list with a net buffer that has the given data.
  func makeList(
    _ chain: GuestPointer<MDL>,
    offset: UInt32,
    byteCount: Int
  ) throws -> (list: GuestPointer<NetBufferList>, netBuffer: GuestPointer<NetBuffer>) {
    let address = try fixture.pointer(
      "NdisAllocateNetBufferAndNetBufferList",
      pool,
      UInt16(0),
      UInt16(0),
      chain,
      offset,
      GuestWord(byteCount)
    )
    let list = GuestPointer<NetBufferList>(address)
    return (list, try memory[list].firstNetBuffer)
  }

  /// The used data, as a driver reads them.
  func data(_ netBuffer: GuestPointer<NetBuffer>) throws -> [UInt8] {
    let count = try memory[netBuffer].dataLength.byteCount
    let storage = try fixture.allocate(max(count, 1))
    let place = try fixture.pointer(
      "NdisGetDataBuffer",
      netBuffer,
      UInt32(count),
      storage,
      UInt32(1),
      UInt32(0)
    )
    return try memory.bytes(at: place, count: count)
  }
}

@Suite struct NetBufferTests {
  private static let hosts = [
    Host(release: .vista, architecture: .x86), Host(release: .win11_22h2, architecture: .x64),
  ]

  @Test(arguments: hosts)
  func `a list describes the data of its chain from the offset on`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let chain = try packets.makeChain([16, 32, 16])
    let (list, netBuffer) = try packets.makeList(chain, offset: 20, byteCount: 40)
    let view = packets.memory[netBuffer]
    #expect(try view.currentMDL == packets.memory[chain].next)
    #expect(try view.currentMDLOffset == 4)
    #expect(try packets.memory[list].poolHandle == packets.pool)
    #expect(try packets.data(netBuffer) == (20..<60).map { UInt8($0) })
    try packets.fixture.call("NdisFreeNetBufferList", list)
    try packets.fixture.call("NdisFreeNetBufferListPool", packets.pool)
  }

  @Test(arguments: hosts)
  func `contiguous data are not copied and others need storage`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let chain = try packets.makeChain([16, 16])
    let (_, netBuffer) = try packets.makeList(chain, offset: 8, byteCount: 20)
    func buffer(_ count: UInt32, _ storage: VirtualAddress) throws -> VirtualAddress {
      try packets.fixture.pointer(
        "NdisGetDataBuffer",
        netBuffer,
        count,
        storage,
        UInt32(1),
        UInt32(0)
      )
    }
    let start = try packets.memory[chain].mappedSystemVA + 8
    #expect(try buffer(8, .null) == start)
    #expect(try buffer(9, .null) == .null)
    let storage = try packets.fixture.allocate(32)
    #expect(try buffer(9, storage) == storage)
    #expect(try packets.memory.bytes(at: storage, count: 9) == (8..<17).map { UInt8($0) })
    // There are only 20 bytes.
    #expect(try buffer(21, storage) == .null)
  }

  @Test(arguments: hosts)
  func `advancing and retreating move the start over the chain`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let chain = try packets.makeChain([16, 16, 16])
    let (_, netBuffer) = try packets.makeList(chain, offset: 0, byteCount: 48)
    let null = VirtualAddress.null
    // Each place is what the sum of all moves says, whatever the path to it.
    for target in [5, 16, 17, 40, 31, 48, 0, 33, 32] {
      let offset = Int(try packets.memory[netBuffer].dataOffset)
      if target >= offset {
        let delta = UInt32(target - offset)
        try packets.fixture.call("NdisAdvanceNetBufferDataStart", netBuffer, delta, false, null)
      } else {
        let delta = UInt32(offset - target)
        let status = try packets.fixture.status(
          "NdisRetreatNetBufferDataStart",
          netBuffer,
          delta,
          UInt32(0),
          null
        )
        #expect(status == .success)
      }
      let view = packets.memory[netBuffer]
      #expect(try view.dataOffset == UInt32(target))
      #expect(try view.dataLength.byteCount == 48 - target)
      let before = (0..<3).first { target < ($0 + 1) * 16 } ?? 2
      #expect(try view.currentMDLOffset == UInt32(target - before * 16))
      if target < 48 {
        #expect(try packets.data(netBuffer) == (target..<48).map { UInt8($0) })
      }
    }
  }

  @Test(arguments: hosts)
  func `a retreat without room puts new memory before the data, and an advance frees it`(
    host: Host
  ) throws {
    let packets = try NetBufferFixture(host)
    let chain = try packets.makeChain([16])
    let (_, netBuffer) = try packets.makeList(chain, offset: 0, byteCount: 16)
    let null = VirtualAddress.null
    let status = try packets.fixture.status(
      "NdisRetreatNetBufferDataStart",
      netBuffer,
      UInt32(10),
      UInt32(6),
      null
    )
    #expect(status == .success)
    let first = try packets.memory[netBuffer].mdlChain
    #expect(first != chain)
    #expect(try packets.memory[first].next == chain)
    #expect(try packets.memory[first].byteCount == 16)
    #expect(try packets.memory[netBuffer].dataOffset == 6)
    #expect(try packets.data(netBuffer).suffix(16) == (0..<16).map { UInt8($0) }[...])
    try packets.fixture.call("NdisAdvanceNetBufferDataStart", netBuffer, UInt32(10), true, null)
    #expect(try packets.memory[netBuffer].mdlChain == chain)
    #expect(try packets.memory[netBuffer].dataOffset == 0)
    #expect(try packets.data(netBuffer) == (0..<16).map { UInt8($0) })
  }

  @Test(arguments: hosts)
  func `a driver's routines allocate and free the memory of a retreat`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let fixture = packets.fixture
    let chain = try packets.makeChain([16])
    let (_, netBuffer) = try packets.makeList(chain, offset: 0, byteCount: 16)
    let mdl = try packets.makeChain([24])
    var asked: [UInt32] = []
    let allocate = fixture.routine { call in
      let size = VirtualAddress(rawValue: call.arguments[0].bits)
      asked.append(try fixture.memory.load(at: size))
      try fixture.memory.store(UInt32(24), at: size)
      return mdl.address.rawValue
    }
    var freed: [UInt64] = []
    let free = fixture.routine { call in
      freed.append(call.arguments[0].bits)
      return 0
    }
    let status = try fixture.status(
      "NdisRetreatNetBufferDataStart",
      netBuffer,
      UInt32(8),
      UInt32(4),
      allocate
    )
    #expect(status == .success)
    #expect(asked == [12])
    #expect(try fixture.memory[netBuffer].dataOffset == 16)
    try fixture.call("NdisAdvanceNetBufferDataStart", netBuffer, UInt32(8), true, free)
    #expect(freed == [mdl.address.rawValue])
    #expect(try fixture.memory[netBuffer].mdlChain == chain)
  }

  @Test(arguments: hosts)
  func `a clone has MDLs of its own for the used data`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let fixture = packets.fixture
    let chain = try packets.makeChain([16, 16])
    let (list, _) = try packets.makeList(chain, offset: 4, byteCount: 20)
    for flags in [UInt32(0), 2] {
      let address = try fixture.pointer(
        "NdisAllocateCloneNetBufferList",
        list,
        VirtualAddress.null,
        VirtualAddress.null,
        flags
      )
      let clone = GuestPointer<NetBufferList>(address)
      let copy = try fixture.memory[clone].firstNetBuffer
      #expect(try packets.data(copy) == (4..<24).map { UInt8($0) })
      #expect(try (fixture.memory[copy].mdlChain == chain) == (flags == 2))
      #expect(try fixture.memory[clone].parent == list)
      try fixture.call("NdisFreeCloneNetBufferList", clone, UInt32(0))
    }
  }

  @Test(arguments: hosts)
  func `copying stops where the source or the destination ends`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let fixture = packets.fixture
    let (_, source) = try packets.makeList(
      packets.makeChain([8, 8, 8]),
      offset: 2,
      byteCount: 20
    )
    let target = try packets.makeChain([5, 30])
    let (_, destination) = try packets.makeList(target, offset: 0, byteCount: 0)
    let copied = GuestPointer<UInt32>(try fixture.allocate(4))
    let status = try fixture.status(
      "NdisCopyFromNetBufferToNetBuffer",
      destination,
      UInt32(3),
      UInt32(100),
      source,
      UInt32(4),
      copied
    )
    #expect(status == .success)
    #expect(try fixture.memory.load(UInt32.self, at: copied.address) == 16)
    let second = try fixture.memory[target].next
    let place = try fixture.memory[second].mappedSystemVA
    #expect(try fixture.memory.bytes(at: place, count: 14) == (8..<22).map { UInt8($0) })
  }

  @Test(arguments: hosts)
  func `what is given out twice or freed twice is not taken for granted`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let (list, _) = try packets.makeList(packets.makeChain([8]), offset: 0, byteCount: 8)
    #expect(throws: Unmodelled.self) {
      try packets.fixture.call("NdisFreeNetBufferListPool", packets.pool)
    }
    try packets.fixture.call("NdisFreeNetBufferList", list)
    #expect(throws: Unmodelled.self) {
      try packets.fixture.call("NdisFreeNetBufferList", list)
    }
    try packets.fixture.call("NdisFreeNetBufferListPool", packets.pool)
    #expect(throws: Unmodelled.self) {
      try packets.fixture.call("NdisFreeNetBufferListPool", packets.pool)
    }
  }

  @Test(arguments: hosts)
  func `contexts use what is left before they allocate`(host: Host) throws {
    let packets = try NetBufferFixture(host)
    let fixture = packets.fixture
    let address = try fixture.pointer(
      "NdisAllocateNetBufferList",
      packets.pool,
      UInt16(16),
      UInt16(32)
    )
    let list = GuestPointer<NetBufferList>(address)
    let first = try fixture.memory[list].context
    #expect(try fixture.memory[first].offset == 32)
    #expect(try fixture.memory[first].byteCount == 48)
    func allocate(_ size: UInt16, _ backFill: UInt16) throws -> NTStatus {
      try fixture.status("NdisAllocateNetBufferListContext", list, size, backFill, UInt32(0x6162))
    }
    #expect(try allocate(32, 0) == .success)
    #expect(try fixture.memory[list].context == first)
    #expect(try allocate(16, 16) == .success)
    let second = try fixture.memory[list].context
    #expect(second != first)
    #expect(try fixture.memory[second].next == first)
    try fixture.call("NdisFreeNetBufferListContext", list, UInt16(16))
    #expect(try fixture.memory[list].context == first)
    try fixture.call("NdisFreeNetBufferListContext", list, UInt16(48))
    #expect(try fixture.memory[list].context == first)
  }
}
