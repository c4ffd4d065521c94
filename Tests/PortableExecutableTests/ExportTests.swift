import PortableExecutable
import Testing

@Suite struct ExportTests {
  @Test(arguments: Shape.allCases)
  func `exports are found by name and by ordinal`(shape: Shape) throws {
    let fixture = DriverFixture(shape)
    let exports = try #require(try Image(parsing: fixture.bytes).exports)
    let text = fixture.address(of: ".text")
    #expect(exports.moduleName == "driver.sys")
    #expect(exports.exports.map(\.ordinal) == [5, 7, 8, 9])
    #expect(exports.lookup("First")?.target == .address(RVA(rawValue: text)))
    #expect(exports.lookup("AlsoFirst") == exports.lookup(ordinal: 5))
    #expect(exports.lookup(ordinal: 5)?.names == ["First", "AlsoFirst"])
    #expect(exports.lookup(ordinal: 7)?.names == [])
    #expect(exports.lookup(ordinal: 6) == nil)
    #expect(exports.lookup("first") == nil)
  }

  @Test func `forwarders name a module and an export`() throws {
    let exports = try #require(try Image(parsing: DriverFixture(.x64).bytes).exports)
    guard case .forwarder(let byName)? = exports.lookup("FreeIt")?.target,
      case .forwarder(let byOrdinal)? = exports.lookup("Twelfth")?.target
    else {
      Issue.record("the targets are not forwarders")
      return
    }
    #expect(byName.module == "ntoskrnl")
    #expect(byName.symbol == .name("ExFreePool"))
    #expect(byName.description == "ntoskrnl.ExFreePool")
    #expect(byOrdinal.symbol == .ordinal(12))
    #expect(byOrdinal.description == "HAL.#12")
  }

  @Test(arguments: ["nodot", ".name", "module.", "HAL.#", "HAL.#x", "HAL.#65536"])
  func `a forwarder of another form is refused`(text: String) {
    let bytes = Self.image([.forwarder(text, names: [])])
    let message = "an export is forwarded to \"\(text)\", which is not of the form MODULE.Name"
    #expect(throws: PortableExecutableError(.malformed, message)) { try Image(parsing: bytes) }
  }

  @Test(
    arguments: [
      (
        20, 0xFFFF_FFFF,
        "the export directory claims 4294967295 functions and 1 names; there can be 65536"
      ),
      (24, 0x10001, "the export directory claims 1 functions and 65537 names; there can be 65536"),
      (
        16, 0xFFFF_FFFF,
        "the export directory's ordinals begin at 4294967295, too high for its 1 functions"
      ),
      (
        28, 0xFFFF_FFF0,
        "the image ends at RVA 0x2000, before the export address table at RVA 0xFFFFFFF0"
      ),
      (32, 0x1FFE, "the image ends at RVA 0x2000 inside the export name table"),
      (36, 0x2000, "the image ends at RVA 0x2000, before the export ordinal table at RVA 0x2000"),
      (12, 0x30, "the exporting module's name at RVA 0x30 is empty"),
      (20, 0, "export F is function 0 of the export directory, which has only 0"),
      (40, 0x2000, "the image ends at RVA 0x2000, before an exported function at RVA 0x2000"),
      (44, 0x3000, "the image ends at RVA 0x2000, before the name of an export at RVA 0x3000"),
    ] as [(Int, UInt64, String)]
  )
  func `an export directory that breaks a rule is refused`(
    field: Int,
    value: UInt64,
    message: String
  ) {
    var bytes = Self.image([.address(0x1800, names: ["F"])])
    bytes.patch(0x400 + field, value)
    #expect(throws: PortableExecutableError(.malformed, message)) { try Image(parsing: bytes) }
  }

  @Test func `names that share their bytes are refused beyond the file's size`() {
    var builder = ImageBuilder(.i386)
    let address = builder.add(".edata", [.read]) { address in
      let names = [String](repeating: String(repeating: "N", count: 40), count: 300)
      var table = exportTable([.address(address, names: names)], firstOrdinal: 1, at: address)
      let first = table.number(at: 44, size: 4)
      for index in 0..<300 { table.patch(44 + 4 * index, first) }
      let shared = Int(first) - Int(address)
      return Array(table[..<shared]) + [UInt8](repeating: 0x4E, count: 400) + [0]
    }
    builder.setDirectory(0, address, 40)
    let message = "the export table describes more than the file can hold"
    #expect(throws: PortableExecutableError(.malformed, message)) {
      try Image(parsing: builder.build())
    }
  }

  @Test func `a directory outside the image is refused`() {
    var bytes = Self.image([])
    bytes.patch(ImageBuilder.optionalHeader + 96, 0x1F00)
    bytes.patch(ImageBuilder.optionalHeader + 100, 0x200)
    let message =
      "the export directory (RVA 0x1F00, 0x200 bytes) is outside the image, which ends at RVA 0x2000"
    #expect(throws: PortableExecutableError(.malformed, message)) { try Image(parsing: bytes) }
  }

  private static func image(_ plans: [ExportPlan]) -> [UInt8] {
    var builder = ImageBuilder(.i386)
    var size = 0
    let address = builder.add(".edata", [.read]) { address in
      let table = exportTable(plans, firstOrdinal: 1, at: address)
      size = table.count
      return table
    }
    builder.setDirectory(0, address, size)
    return builder.build()
  }
}
