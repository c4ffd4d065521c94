import GuestABI
import Testing

@Suite struct GuestStructureTests {
  struct Sample: GuestStructure {
    let byte = Field<UInt8>(x86: 0, x64: 0)
    let pointer = Field<VirtualAddress>(x86: 4, x64: 8)
    let wide = Field<Int64>(x86: 8, x64: 16)
    let flag = Field<Bool>(x86: 16, x64: 24)

    static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 20 : 32 }
  }

  @Test(arguments: Architecture.allCases)
  func `a structure is changed wherever it lies`(architecture: Architecture) throws {
    let fixture = try GuestFixture(architecture)
    try fixture.map(count: 2)
    let size = Sample.size(on: architecture)
    for before in 0...size + 2 {
      let sample = GuestPointer<Sample>(fixture.base + (4096 - before))
      try fixture.memory.fill(at: fixture.base, count: 8192, with: 0xEE)
      try fixture.memory.modify(sample) { sample in
        sample.byte = 1
        sample.pointer = VirtualAddress(rawValue: 0x1234_5678)
        sample.wide = -2
        sample.flag = true
        #expect(sample.wide == -2)
      }
      let view = fixture.memory[sample]
      #expect(try view.byte == 1)
      #expect(try view.pointer.rawValue == 0x1234_5678)
      #expect(try view.wide == -2)
      #expect(try view.flag)
      // Nothing beside the fields has changed.
      let around = [sample.address + -1, sample.address + size, sample.address + 1]
      for place in around { #expect(try fixture.memory.load(UInt8.self, at: place) == 0xEE) }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a structure that cannot be written is not changed`(architecture: Architecture) throws {
    let fixture = try GuestFixture(architecture)
    try fixture.map(count: 1)
    let edge = fixture.base + 4096
    let sample = GuestPointer<Sample>(edge + -6)
    var runs = 0
    #expect(throws: GuestFault(at: edge, access: .write)) {
      try fixture.memory.modify(sample) { sample in
        runs += 1
        sample.byte = 1
      }
    }
    #expect(runs == 0)
    #expect(try fixture.memory.load(UInt8.self, at: sample.address) == 0)
  }
}
