import PortableExecutable
import Testing

/// Whatever the file, parsing returns or throws; a trap would end the test process.
@Suite struct HostileImageTests {
  private static let values: [UInt8] = [0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x7F, 0x80, 0xFE, 0xFF]

  @Test(arguments: Shape.allCases)
  func `each truncation is refused or harmless`(shape: Shape) throws {
    let fixture = DriverFixture(shape)
    var accepted = 0
    for size in 0..<fixture.bytes.count where parses(Array(fixture.bytes[..<size])) {
      accepted += 1
    }
    // Only the padding behind the last section may be missing.
    #expect(accepted <= Int(fixture.builder.fileAlignment))
  }

  @Test(arguments: Shape.allCases)
  func `each byte of the headers can be anything`(shape: Shape) {
    let fixture = DriverFixture(shape)
    let end = fixture.builder.sectionHeaders + 40 * fixture.builder.sections.count
    var count = 0
    for offset in Array(0..<2) + Array(60..<64) + Array(0x80..<end) {
      for value: UInt8 in Self.values where parses(fixture.bytes, with: value, at: offset) {
        count += 1
      }
    }
    #expect(count > 0)
  }

  @Test(arguments: Shape.allCases)
  func `each byte of the tables can be anything`(shape: Shape) {
    let fixture = DriverFixture(shape)
    var count = 0
    for name in [".rdata", ".reloc"] {
      let raw = Int(fixture.bytes.number(at: fixture.header(of: name) + 20, size: 4))
      let size = fixture.builder.sections.first { $0.name == name }?.contents.count ?? 0
      for offset in raw..<raw + size {
        for value: UInt8 in Self.values where parses(fixture.bytes, with: value, at: offset) {
          count += 1
        }
      }
    }
    #expect(count > 0)
  }

  @Test(arguments: Shape.allCases, [1, 2] as [UInt64])
  func `several bytes can be anything`(shape: Shape, seed: UInt64) {
    let bytes = DriverFixture(shape).bytes
    var generator = SeededGenerator(state: seed)
    for _ in 0..<500 {
      var mutated = bytes
      for _ in 0..<Int.random(in: 2...8, using: &generator) {
        // Half of the changes hit the headers, and all hit bytes that are not padding.
        let range = Bool.random(using: &generator) ? 0x80..<0x2A0 : 0x80..<bytes.count
        let offset = Int.random(in: range, using: &generator)
        mutated[offset] = UInt8.random(in: 0...255, using: &generator)
      }
      parses(mutated)
    }
  }

  @Test(arguments: Shape.allCases)
  func `fields of 4 bytes can be extreme`(shape: Shape) {
    let fixture = DriverFixture(shape)
    let end = fixture.builder.sectionHeaders + 40 * fixture.builder.sections.count
    for offset in stride(from: 0x80, to: end, by: 4) {
      for value: UInt64 in [0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_F000] {
        var mutated = fixture.bytes
        mutated.patch(offset, value)
        parses(mutated)
      }
    }
  }

  @Test func `noise behind a valid beginning is refused`() {
    var generator = SeededGenerator(state: 3)
    let bytes = DriverFixture(.x86).bytes
    for length in stride(from: 0x40, to: 0x200, by: 2) {
      let noise = (0..<0x600).map { _ in UInt8.random(in: 0...255, using: &generator) }
      parses(bytes[..<length] + noise)
    }
  }
}

/// Parses and lays out an image, and returns whether both worked.
@discardableResult
private func parses(_ bytes: [UInt8]) -> Bool {
  do throws(PortableExecutableError) {
    let image = try Image(parsing: bytes)
    let memory = try image.layOut(at: image.imageBase &+ 0x10_0000)
    if memory.count != Int(image.sizeOfImage) { Issue.record("\(memory.count) bytes laid out") }
    return true
  } catch {
    if error.message.isEmpty || error.message.utf8.contains(where: { $0 < 0x20 }) {
      Issue.record("the message is not one line: \(error.message)")
    }
    return false
  }
}

private func parses(_ bytes: [UInt8], with value: UInt8, at offset: Int) -> Bool {
  var mutated = bytes
  mutated[offset] = value
  return parses(mutated)
}

/// The generator SplitMix64 (Steele, Lea and Flood, 2014).
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
