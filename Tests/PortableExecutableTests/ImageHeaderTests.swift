import PortableExecutable
import Testing

@Suite struct ImageHeaderTests {
  @Test(arguments: Shape.allCases)
  func `the fields of a header are read`(shape: Shape) throws {
    let fixture = DriverFixture(shape)
    let image = try Image(parsing: fixture.bytes)
    #expect(image.machine == shape.machine)
    #expect(image.machine.pointerSize == (shape.machine == .i386 ? 4 : 8))
    #expect(image.imageBase == (shape.machine == .i386 ? 0x1_0000 : 0x1_4000_0000))
    #expect(image.entryPoint == RVA(rawValue: fixture.address(of: ".text") + 4))
    #expect(image.sectionAlignment == shape.alignment)
    #expect(image.hasPageAlignedSections == (shape.alignment == 0x1000))
    #expect(image.fileAlignment == min(0x200, shape.alignment))
    #expect(image.sizeOfHeaders == 0x400)
    #expect(image.sizeOfImage.isMultiple(of: shape.alignment))
    #expect(image.subsystem == .native)
    #expect(image.timestamp == 0x3456_789A)
    #expect(image.linkerVersion == .init(7, 10))
    #expect(image.operatingSystemVersion == .init(5, 2))
    #expect(image.imageVersion == .init(6, 1))
    #expect(image.subsystemVersion.description == "5.1")
    #expect(image.characteristics == .executable)
    #expect(image.dllCharacteristics == [.dynamicBase, .noExecuteCompatible, .wdmDriver])
    #expect(!image.relocationsStripped)
  }

  @Test func `an image prints as one line`() throws {
    let image = try Image(parsing: DriverFixture(.x86).bytes)
    #expect("\(image)" == "PE32 image for x86, 5 sections, 0x6000 bytes in memory")
  }

  @Test func `versions are compared part by part`() {
    #expect(ImageHeader.Version(4, 10) < ImageHeader.Version(5, 0))
    #expect(ImageHeader.Version(5, 1) < ImageHeader.Version(5, 2))
  }

  @Test func `an export driver may have no entry point`() throws {
    let image = try Image(parsing: DriverFixture(.x86).bytes.patched(.entryPoint, 0))
    #expect(image.entryPoint == nil)
  }

  @Test(
    arguments: [
      (.entryPoint, 0x7000, "the entry point is at RVA 0x7000, but the image ends at RVA 0x6000"),
      (.peHeaderOffset, 0x82, "not a PE image: an MZ header, but no PE header at 0x82"),
      (
        .magic, 0x20B,
        "an x86 image must be PE32 (magic 0x10B), but the optional header has magic 0x20B"
      ),
      (
        .magic, 0x107,
        "an x86 image must be PE32 (magic 0x10B), but the optional header has magic 0x107"
      ),
      (
        .sizeOfOptionalHeader, 0x40,
        "the optional header has 0x40 bytes; it must have at least 0x60"
      ),
      (
        .sizeOfOptionalHeader, 0xD8,
        "the optional header has 0xD8 bytes, too few for its 16 data directories"
      ),
      (.numberOfSections, 0, "the image has 0 sections; it must have 1 to 96"),
      (.numberOfSections, 97, "the image has 97 sections; it must have 1 to 96"),
      (.characteristics, 0, "the linker did not mark the image as executable"),
      (.x86ImageBase, 0x1_1000, "image base 0x11000 is not a multiple of 0x10000"),
      (.sizeOfHeaders, 0x200, "SizeOfHeaders 0x200 does not cover the section headers"),
      (.sizeOfImage, 0x300, "SizeOfImage 0x300 is smaller than SizeOfHeaders 0x400"),
      (
        .sizeOfImage, 0xFFFF_FFFF,
        "SizeOfImage 0xFFFFFFFF is larger than Lockstep's limit of 0x4000000 bytes"
      ),
      (
        .sectionAlignment, 0x1800,
        "section alignment 0x1800 and file alignment 0x200 must be powers of 2"
      ),
      (.fileAlignment, 0, "section alignment 0x1000 and file alignment 0x0 must be powers of 2"),
      (
        .sectionAlignment, 0x800,
        "section alignment 0x800 is smaller than a page, so file alignment 0x200 must be the same"
      ),
      (.fileAlignment, 0x2000, "section alignment 0x1000 is smaller than file alignment 0x2000"),
      (
        .fileAlignment, 0x100,
        "file alignment 0x100 is smaller than 0x200 and not the same as section alignment 0x1000"
      ),
    ] as [(HeaderField, UInt32, String)]
  )
  func `a header that breaks a rule is refused`(
    field: HeaderField,
    value: UInt32,
    message: String
  ) throws {
    let bytes = DriverFixture(.x86).bytes.patched(field, value)
    let error = #expect(throws: PortableExecutableError.self) { try Image(parsing: bytes) }
    #expect(error?.message == message)
  }

  @Test func `a PE header must be aligned to 4 bytes`() {
    var bytes = DriverFixture(.x86).bytes.patched(.peHeaderOffset, 0x82)
    bytes.insert(contentsOf: [0, 0], at: 0x80)
    let message = "the PE header is at 0x82, which is not a multiple of 4"
    #expect(throws: PortableExecutableError(.malformed, message)) { try Image(parsing: bytes) }
  }

  @Test(arguments: [0, 1, 5, 16, 17, UInt64(UInt32.max)])
  func `data directories that are not there count as empty`(count: UInt64) throws {
    var bytes = DriverFixture(.x86).bytes
    bytes.patch(ImageBuilder.optionalHeader + 92, count)
    let image = try Image(parsing: bytes)
    #expect((image.exports == nil) == (count < 1))
    #expect(image.imports.isEmpty == (count < 2))
    #expect(image.relocations.isEmpty == (count < 6))
  }

  @Test(arguments: Shape.allCases)
  func `the checksum is that of IMAGEHLP`(shape: Shape) throws {
    let bytes = DriverFixture(shape).bytes
    let image = try Image(parsing: bytes)
    #expect(image.checksumMatches)
    #expect(image.storedChecksum > UInt32(bytes.count))

    let other = try Image(parsing: bytes.patched(.storedChecksum, 0x1_2345))
    #expect(!other.checksumMatches)
    #expect(other.computedChecksum == image.storedChecksum)

    let odd = try Image(parsing: bytes + [1])
    #expect(odd.computedChecksum & 0xFFFF == (image.storedChecksum + 2) & 0xFFFF)
  }
}
