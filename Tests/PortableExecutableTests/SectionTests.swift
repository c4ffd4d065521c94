import PortableExecutable
import Testing

@Suite struct SectionTests {
  @Test(arguments: Shape.allCases)
  func `sections are read`(shape: Shape) throws {
    let fixture = DriverFixture(shape)
    let image = try Image(parsing: fixture.bytes)
    #expect(image.sections.map(\.name) == fixture.builder.sections.map(\.name))
    #expect(image.sections.map(\.address.rawValue) == fixture.builder.sections.map(\.address))
    let discardable = image.sections.first { $0.name == "INIT" }
    #expect(discardable?.characteristics == [.code, .execute, .read, .discardable])
    let data = try #require(image.sections.first { $0.name == ".data" })
    #expect(data.virtualSize == 0x180)
    #expect(data.rawRange.count == Int(min(0x180, image.fileAlignment)))
    #expect(fixture.bytes[data.rawRange].starts(with: [1, 2, 3, 4]))
    #expect(image.section(at: data.range.lowerBound) == data)
    #expect(image.section(at: 0) == nil)
  }

  @Test func `a virtual size of 0 stands for the raw size`() throws {
    let fixture = DriverFixture(.x86)
    var bytes = fixture.bytes
    bytes.patch(fixture.header(of: ".text") + 8, 0)
    let image = try Image(parsing: bytes)
    #expect(image.sections[0].virtualSize == 0x200)
    #expect(image.sections[0].rawRange.count == 0x200)
  }

  @Test func `a section without a place in the file is all zeros`() throws {
    let fixture = DriverFixture(.x86)
    var bytes = fixture.bytes
    bytes.patch(fixture.header(of: ".data") + 20, 0)
    let image = try Image(parsing: bytes)
    let data = try #require(image.sections.first { $0.name == ".data" })
    #expect(data.rawRange.isEmpty)
    #expect(try image.layOut(at: image.imageBase)[data.address.offset] == 0)
  }

  @Test func `long names come from the string table`() throws {
    var builder = ImageBuilder(.i386)
    builder.add(".text", [.code, .execute, .read]) { _ in [0xC3] }
    builder.add(".debug_info", [.initializedData, .discardable, .read]) { _ in [1] }
    builder.add(".debug_line", [.initializedData, .discardable, .read]) { _ in [1] }
    let bytes = builder.build()
    let image = try Image(parsing: bytes)
    #expect(image.sections.map(\.name) == [".text", ".debug_info", ".debug_line"])
    #expect(image.hasDWARF)
    #expect(try !Image(parsing: DriverFixture(.x86).bytes).hasDWARF)

    // A name that the string table does not have stays as it is.
    let cut = try Image(parsing: Array(bytes.dropLast(30)))
    #expect(cut.sections.map(\.name) == [".text", "/4", "/16"])
  }

  @Test(
    arguments: [
      ("\u{1B}[31m", "\\u{1B}[31m"), ("söc", "söc"), ("a\u{202E}b", "a\\u{202E}b"),
    ]
  )
  func `names are safe to print`(name: String, printed: String) throws {
    var builder = ImageBuilder(.i386)
    builder.add(name, [.code, .execute, .read]) { _ in [0xC3] }
    #expect(try Image(parsing: builder.build()).sections[0].name == printed)
  }

  @Test func `bytes of a name that are not text are shown in hexadecimal`() throws {
    let fixture = DriverFixture(.x86)
    var bytes = fixture.bytes
    bytes.patch(fixture.header(of: ".text"), 0x4107_FFC3)
    #expect(try Image(parsing: bytes).sections[0].name == "\\xC3\\xFF\\x07At")
  }

  @Test(
    arguments: [
      (
        ".rdata", 12, 0x3000,
        "section \".rdata\" is at RVA 0x3000, but what precedes it ends at RVA 0x2000: NT allows no gap"
      ),
      (".rdata", 12, 0x1000, "section \".rdata\" at RVA 0x1000 overlaps what ends at RVA 0x2000"),
      (".text", 12, 0, "section \".text\" at RVA 0x0 overlaps what ends at RVA 0x1000"),
      (
        ".rdata", 12, 0x2010,
        "section \".rdata\" is at RVA 0x2010, which is not a multiple of the section alignment 0x1000"
      ),
      (
        ".reloc", 8, 0x2000,
        "section \".reloc\" (RVA 0x5000, 0x2000 bytes) is outside the image, which ends at RVA 0x6000"
      ),
      (
        ".text", 8, 0xFFFF_FFFF,
        "section \".text\" (RVA 0x1000, 0xFFFFFFFF bytes) is outside the image, which ends at RVA 0x6000"
      ),
      (
        ".text", 12, 0xFFFF_F000,
        "section \".text\" (RVA 0xFFFFF000, 0x40 bytes) is outside the image, which ends at RVA 0x6000"
      ),
      (
        ".data", 20, 0x90,
        "section \".data\" begins at 0x90 in the file, which is not a multiple of 0x200"
      ),
      (".data", 20, 0xFFFF_FE00, "the file ends at 0x1200, before section \".data\" at 0xFFFFFE00"),
    ] as [(String, Int, UInt64, String)]
  )
  func `a section that breaks a rule is refused`(
    section: String,
    field: Int,
    value: UInt64,
    message: String
  ) {
    let fixture = DriverFixture(.x86)
    var bytes = fixture.bytes
    bytes.patch(fixture.header(of: section) + field, value)
    let error = #expect(throws: PortableExecutableError.self) { try Image(parsing: bytes) }
    #expect(error?.message == message)
  }

  @Test func `a section without any size is refused`() {
    let fixture = DriverFixture(.x86)
    var bytes = fixture.bytes
    bytes.patch(fixture.header(of: ".data") + 8, 0)
    bytes.patch(fixture.header(of: ".data") + 16, 0)
    #expect(throws: PortableExecutableError(.malformed, "section \".data\" has no size")) {
      try Image(parsing: bytes)
    }
  }

  @Test func `with a low alignment the file must lie as the image does`() {
    let fixture = DriverFixture(.x86LowAlignment)
    var bytes = fixture.bytes
    bytes.patch(fixture.header(of: ".text") + 20, 0x420)
    let message =
      "section \".text\" begins at 0x420 in the file but at RVA 0x400 in memory: with a section "
      + "alignment of 0x20, NT maps the file as it is"
    #expect(throws: PortableExecutableError(.unsupported, message)) { try Image(parsing: bytes) }
  }
}
