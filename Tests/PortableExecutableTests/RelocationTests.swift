import PortableExecutable
import Testing

@Suite struct RelocationTests {
  @Test(
    arguments: [
      ([0x1000], .high, 0x1234_5678, 0x1_8000, 0x1235_5678),
      ([0x2000], .low, 0x1234_5678, 0x1_8000, 0x1234_D678),
      ([0x3000], .highLow, 0x1234_5678, 0x1_8000, 0x1235_D678),
      ([0x3000], .highLow, 0xFFFF_5678, 0x1_0000, 0x0000_5678),
      ([0x4000, 0x7FFF], .highAdjusted(low: 0x7FFF), 0x1234_5678, 0x1_0000, 0x1235_5678),
      ([0x4000, 0x7FFF], .highAdjusted(low: 0x7FFF), 0x1234_5678, 0x1_1000, 0x1236_5678),
      ([0x4000, 0x8000], .highAdjusted(low: -0x8000), 0x1234_5678, 0x1_0000, 0x1235_5678),
    ] as [([UInt16], BaseRelocation.Kind, UInt64, UInt64, UInt64)]
  )
  func `each kind changes its part of the address`(
    entries: [UInt16],
    kind: BaseRelocation.Kind,
    before: UInt64,
    delta: UInt64,
    after: UInt64
  ) throws {
    // HIGH and HIGHADJ name the upper half, which is the second word.
    let isUpper = kind != .low && kind != .highLow
    let entry = entries[0] | (isUpper ? 2 : 0)
    var value = Blob(address: 0)
    value.u32(UInt32(before))
    let block = relocationBlock(page: 0x1000, [entry] + entries.dropFirst())
    let image = try Image(parsing: Self.image(contents: value.bytes, block))
    #expect(image.relocations.map(\.kind) == [kind])
    #expect(image.relocations.map(\.address) == [isUpper ? 0x1002 : 0x1000])
    guard delta.isMultiple(of: 0x1000) else { return }
    let memory = try image.layOut(at: image.imageBase + delta)
    #expect(memory.number(at: 0x1000, size: 4) == after)
  }

  @Test func `blocks follow each other and padding is skipped`() throws {
    let table =
      relocationBlock(page: 0x1000, [0x3000, 0]) + relocationBlock(page: 0x1000, [])
      + relocationBlock(page: 0x1004, [0x3008, 0x3000]) + [UInt8](repeating: 0, count: 24)
    let image = try Image(parsing: Self.image(contents: [UInt8](repeating: 0, count: 32), table))
    #expect(image.relocations.map(\.address) == [0x1000, 0x100C, 0x1004])
  }

  @Test(
    arguments: [
      (
        relocationBlock(page: 0x1000, [0x5000]), .unsupported,
        "the relocation for RVA 0x1000 has type 5, unknown on x86"
      ),
      (
        relocationBlock(page: 0x2000, [0x3FFD]), .malformed,
        "the image ends at RVA 0x3000 inside a relocated address"
      ),
      (
        relocationBlock(page: 0xFFFF_F000, [0x3FFF]), .malformed,
        "the image ends at RVA 0x3000, before a relocated address at RVA 0xFFFFFFFF"
      ),
      (
        relocationBlock(page: 0x1000, [0x4000]), .malformed,
        "the relocation block at RVA 0x2000 ends inside an entry"
      ),
      (
        [0, 0x10, 0, 0, 0, 0, 0, 0], .malformed,
        "the relocation block at RVA 0x2000 has a size of 0x0 bytes; 0x8 are left in the table"
      ),
      (
        [0, 0x10, 0, 0, 9, 0, 0, 0, 0, 0], .malformed,
        "the relocation block at RVA 0x2000 has a size of 0x9 bytes; 0xA are left in the table"
      ),
      (
        [0, 0x10, 0, 0, 0xFC, 0xFF, 0xFF, 0xFF], .malformed,
        "the relocation block at RVA 0x2000 has a size of 0xFFFFFFFC bytes; 0x8 are left in the table"
      ),
    ] as [([UInt8], PortableExecutableError.Code, String)]
  )
  func `a table that breaks a rule is refused`(
    table: [UInt8],
    code: PortableExecutableError.Code,
    message: String
  ) {
    let bytes = Self.image(contents: [0, 0, 0, 0], table)
    #expect(throws: PortableExecutableError(code, message)) { try Image(parsing: bytes) }
  }

  @Test func `a table larger than the file is refused`() {
    var builder = ImageBuilder(.i386)
    builder.add(".bss", [.uninitializedData, .read, .write], virtualSize: 0x10_0000) { _ in [] }
    builder.setDirectory(5, 0x1000, 0x10_0000)
    let message = "the relocation table has 0x100000 bytes, more than the file"
    #expect(throws: PortableExecutableError(.malformed, message)) {
      try Image(parsing: builder.build())
    }
  }

  private static func image(contents: [UInt8], _ table: [UInt8]) -> [UInt8] {
    var builder = ImageBuilder(.i386)
    builder.add(".text", [.code, .execute, .read]) { _ in contents }
    let address = builder.add(".reloc", [.read, .discardable]) { _ in table }
    builder.setDirectory(5, address, table.count)
    return builder.build()
  }
}
