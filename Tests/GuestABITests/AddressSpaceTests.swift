import GuestABI
import Testing

@Suite struct AddressSpaceTests {
  @Test(arguments: PageTableFormat.allCases, [1, 2, 3] as [UInt64])
  func `loads, stores, copies and fills agree with an array`(
    format: PageTableFormat,
    seed: UInt64
  ) throws {
    let fixture = try GuestFixture(format)
    let memory = fixture.memory
    try fixture.map(count: 4)
    var model = Array(repeating: UInt8(0), count: 4 * 4096)
    var generator = Generator(state: seed)
    for step in 0..<1500 {
      let byteCount = Int.random(in: 0...9000, using: &generator)
      let place = Int.random(in: 0...model.count - byteCount, using: &generator)
      switch step % 4 {
      case 0:
        let to = Int.random(in: 0...model.count - byteCount, using: &generator)
        try memory.copy(from: fixture.base + place, to: fixture.base + to, count: byteCount)
        model.replaceSubrange(to..<to + byteCount, with: Array(model[place..<place + byteCount]))
      case 1:
        let byte = UInt8(truncatingIfNeeded: step)
        try memory.fill(at: fixture.base + place, count: byteCount % 100, with: byte)
        for index in 0..<byteCount % 100 { model[place + index] = byte }
      case 2:
        let value = UInt64.random(in: 0...UInt64.max, using: &generator)
        let at = min(place, model.count - 8)
        try memory.store(value, at: fixture.base + at)
        for index in 0..<8 { model[at + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
      default:
        let at = min(place, model.count - 8)
        let expected = (0..<8).reduce(UInt64(0)) { $0 | UInt64(model[at + $1]) << (8 * $1) }
        #expect(try memory.load(UInt64.self, at: fixture.base + at) == expected)
        #expect(
          try memory.load(UInt16.self, at: fixture.base + at)
            == UInt16(truncatingIfNeeded: expected)
        )
      }
    }
    #expect(try memory.bytes(at: fixture.base, count: model.count) == model)
  }

  @Test(arguments: Architecture.allCases, 1...3)
  func `a store that faults stores nothing, and faults at its first byte that cannot be`(
    architecture: Architecture,
    before: Int
  ) throws {
    let fixture = try GuestFixture(architecture)
    let memory = fixture.memory
    try fixture.map(fixture.base)
    let edge = fixture.base + 4096
    #expect(throws: GuestFault(at: edge, access: .write)) {
      try memory.store(UInt32.max, at: edge + -before)
    }
    #expect(try memory.bytes(at: edge + -4, count: 4) == [0, 0, 0, 0])
    #expect(throws: GuestFault(at: edge, access: .read)) {
      try memory.load(UInt32.self, at: edge + -before)
    }
    #expect(throws: GuestFault(at: fixture.base + -before, access: .write)) {
      try memory.store(UInt32.max, at: fixture.base + -before)
    }
    #expect(try memory.load(UInt32.self, at: fixture.base) == 0)
    // A copy says how far it came.
    try fixture.map(edge + 4096)
    #expect(throws: GuestFault(at: edge, access: .write)) {
      try memory.copy(from: edge + 4096, to: edge + -16, count: 32)
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `an entry that changes is seen once it is invalidated`(format: PageTableFormat) throws {
    let fixture = try GuestFixture(format)
    let memory = fixture.memory
    let first = try fixture.map(fixture.base)
    try memory.store(UInt32(1), at: fixture.base)
    memory.clearStaleTranslations()
    try fixture.map(fixture.base)
    #expect(memory.hasStaleTranslations)
    #expect(try memory.load(UInt32.self, at: fixture.base) == 0)
    try fixture.set(HardwarePTE(first, .present), at: fixture.base)
    #expect(try memory.load(UInt32.self, at: fixture.base) == 1)
    let fault = GuestFault(at: fixture.base, access: .write, reason: .protection)
    #expect(throws: fault) { try memory.store(UInt32(2), at: fixture.base) }
    try fixture.set([], at: fixture.base)
    #expect(throws: GuestFault(at: fixture.base, access: .read)) {
      try memory.load(UInt32.self, at: fixture.base)
    }
  }

  @Test(arguments: PageTableFormat.allCases)
  func `a write to a page table is in force at once`(format: PageTableFormat) throws {
    let fixture = try GuestFixture(format)
    let memory = fixture.memory
    try fixture.map(fixture.base)
    let entry = try #require(memory.tables.entry(for: fixture.base))
    let window = fixture.base + 0x10_0000
    try fixture.set(HardwarePTE(entry.frame, [.present, .writable]), at: window)
    try memory.store(UInt32(5), at: fixture.base)
    for _ in 0..<2 {
      let bits: UInt32 = try memory.load(at: window + entry.offsetInFrame)
      try memory.store(UInt32(0), at: window + entry.offsetInFrame)
      #expect(throws: GuestFault.self) { try memory.load(UInt32.self, at: fixture.base) }
      try memory.store(bits, at: window + entry.offsetInFrame)
      #expect(try memory.load(UInt32.self, at: fixture.base) == 5)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `frames that are written are dirty, and code among them is noted`(
    architecture: Architecture
  ) throws {
    let fixture = try GuestFixture(architecture)
    let memory = fixture.memory
    let frames = try (0..<3).map { try fixture.map(fixture.base + $0 * 4096) }
    memory.ram.clearDirtyFrames()
    _ = try memory.load(UInt32.self, at: fixture.base)
    #expect(memory.ram.dirtyFrames.isEmpty)
    try memory.store(UInt64.max, at: fixture.base + 4092)
    #expect(memory.ram.dirtyFrames == [frames[0], frames[1]])
    memory.ram.clearDirtyFrames()
    memory.invalidateAll()
    memory.markFetched(frames[2])
    #expect(memory.ram.modifiedCodeFrames.isEmpty)
    for _ in 0..<2 {
      try memory.store(UInt8(1), at: fixture.base + 8192)
      #expect(memory.ram.modifiedCodeFrames == [frames[2]])
      memory.ram.clearModifiedCodeFrames()
    }
    #expect(memory.ram.dirtyFrames == [frames[2]])
  }

  @Test(arguments: Architecture.allCases)
  func `every access to a watched page is reported`(architecture: Architecture) throws {
    let fixture = try GuestFixture(architecture)
    let memory = fixture.memory
    let recorder = Recorder()
    memory.observer = recorder
    try fixture.map(fixture.base, [.present, .writable, .watched])
    try fixture.map(fixture.base + 4096)
    for _ in 0..<3 {
      _ = try memory.load(UInt16.self, at: fixture.base + 0x123)
      try memory.store(UInt64(1), at: fixture.base + 0x200)
      try memory.fill(at: fixture.base + 4000, count: 200)
    }
    let places = recorder.accesses.map { [$0.address.offsetInPage, $0.byteCount] }
    #expect(
      places == Array(repeatElement([[0x123, 2], [0x200, 8], [4000, 96]], count: 3).joined())
    )
    #expect(recorder.accesses.prefix(3).map(\.access) == [.read, .write, .write])
    #expect(recorder.accesses.allSatisfy { $0.instruction == nil && $0.isPrecise })
  }
}
