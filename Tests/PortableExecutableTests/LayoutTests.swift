import PortableExecutable
import Testing

@Suite struct LayoutTests {
  @Test(arguments: Shape.allCases)
  func `at its own base an image is its headers and sections`(shape: Shape) throws {
    let fixture = DriverFixture(shape)
    let image = try Image(parsing: fixture.bytes)
    let memory = try image.layOut(at: image.imageBase)
    #expect(memory.count == Int(image.sizeOfImage))
    #expect(memory[..<0x400] == fixture.bytes[..<0x400])
    for section in image.sections {
      let start = section.address.offset
      let copied = start..<start + section.rawRange.count
      #expect(memory[copied] == fixture.bytes[section.rawRange])
      let rest = memory[copied.upperBound..<start + Int(section.virtualSize)]
      #expect(rest.allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: Shape.allCases, [0x8000_0000, 0xFFFF_0000, 0x1000] as [UInt64])
  func `at another base only the addresses differ`(shape: Shape, low: UInt64) throws {
    let image = try Image(parsing: DriverFixture(shape).bytes)
    let size = image.machine.pointerSize
    let base = size == 4 ? low : 0xFFFF_F800_0000_0000 | low
    let before = try image.layOut(at: image.imageBase)
    let after = try image.layOut(at: base)
    #expect(image.relocations.count == 2)
    var expected = before
    for relocation in image.relocations {
      #expect(relocation.kind == (size == 4 ? .highLow : .dir64))
      let offset = relocation.address.offset
      let address = before.number(at: offset, size: size) &- image.imageBase &+ base
      #expect(after.number(at: offset, size: size) - base < UInt64(image.sizeOfImage))
      expected.patch(offset, address, size: size)
    }
    #expect(after == expected)
    #expect(before != after)
  }

  @Test(
    arguments: [
      (.x86, 0x1_0001, "cannot load the image at 0x10001, which is not a multiple of 0x1000"),
      (
        .x86, 0xFFFF_F000,
        "cannot load the image at 0xFFFFF000: its 0x6000 bytes would not fit below the end of the "
          + "address space"
      ),
      (
        .x86, 0x1_0000_0000,
        "cannot load the image at 0x100000000: its 0x6000 bytes would not fit below the end of the "
          + "address space"
      ),
      (
        .x64, 0xFFFF_FFFF_FFFF_F000,
        "cannot load the image at 0xFFFFFFFFFFFFF000: its 0x7000 bytes would not fit below the end of "
          + "the address space"
      ),
    ] as [(Shape, UInt64, String)]
  )
  func `an unsuitable base is refused`(shape: Shape, base: UInt64, message: String) throws {
    let image = try Image(parsing: DriverFixture(shape).bytes)
    #expect(throws: PortableExecutableError(.unsuitableBase, message)) {
      try image.layOut(at: base)
    }
  }

  @Test func `an image may end where the address space ends`() throws {
    let image = try Image(parsing: DriverFixture(.x86).bytes)
    #expect(try image.layOut(at: 0xFFFF_A000).count == 0x6000)
  }

  @Test func `an image stripped of relocations only loads at its base`() throws {
    let image = try Image(parsing: DriverFixture(.x86).bytes.patched(.characteristics, 3))
    #expect(image.relocationsStripped)
    #expect(try image.layOut(at: 0x1_0000).count == 0x6000)
    let message =
      "cannot load the image at 0x20000: it was linked without relocations for 0x10000"
    #expect(throws: PortableExecutableError(.unsuitableBase, message)) {
      try image.layOut(at: 0x2_0000)
    }
  }

  @Test func `an image that needs no relocations loads anywhere`() throws {
    var builder = ImageBuilder(.amd64)
    builder.add(".text", [.code, .execute, .read]) { _ in [0xC3] }
    let image = try Image(parsing: builder.build())
    #expect(try image.layOut(at: 0x7000) == image.layOut(at: image.imageBase))
  }
}
