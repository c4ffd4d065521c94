import PortableExecutable
import Testing

@Suite struct OtherDirectoryTests {
  @Test(arguments: Shape.allCases)
  func `the x64 function table is kept`(shape: Shape) throws {
    let fixture = DriverFixture(shape)
    let table = try Image(parsing: fixture.bytes).exceptionTable
    let address = RVA(rawValue: fixture.address(of: ".pdata"))
    #expect(
      table == (shape.machine == .amd64 ? DataDirectory(address: address, size: 24) : nil)
    )
  }

  @Test(arguments: Shape.allCases)
  func `the PDB file is named`(shape: Shape) throws {
    let pdb = try #require(try Image(parsing: DriverFixture(shape).bytes).pdb)
    #expect(pdb.path == "C:\\build\\driver.pdb")
    #expect(pdb.signature == .guid("00112233445566778899AABBCCDDEEFF"))
    #expect(pdb.age == 0x1A)
    #expect(pdb.symbolServerKey == "00112233445566778899AABBCCDDEEFF1A")
  }

  @Test func `the PDB file of an old linker has a time stamp`() throws {
    var record = Blob(address: 0)
    for value: UInt32 in [0x3031_424E, 0, 0x0345_ABCD, 2] { record.u32(value) }
    record.text("old.pdb")
    let pdb = try #require(try Image(parsing: Self.image(debug: record.bytes)).pdb)
    #expect(pdb.path == "old.pdb")
    #expect(pdb.signature == .timestamp(0x0345_ABCD))
    #expect(pdb.symbolServerKey == "0345ABCD2")
  }

  @Test(arguments: [[], [0x52], [1, 2, 3, 4], Array("RSDS".utf8)] as [[UInt8]])
  func `debug information that cannot be read is no reason to refuse a driver`(
    record: [UInt8]
  ) throws {
    #expect(try Image(parsing: Self.image(debug: record)).pdb == nil)
  }

  @Test(
    arguments: [
      ([0, 0, 0, 0], 0, nil),
      (
        [0x1_1000, 0x1_1004, 0, 0], 0,
        "the image has thread-local data (a TLS directory), which NT ignores"
      ),
      ([0, 0, 0, 0], 4, "the image has thread-local data (a TLS directory), which NT ignores"),
      ([0, 0, 0, 0x1_1018], 0, nil),
      ([0, 0, 0, 0x1_1020], 0, "the image has TLS callbacks, which NT does not call in a driver"),
      ([0, 0, 0, 0xF_0000], 0, "the TLS callbacks at 0xF0000 are outside the image"),
      ([0, 0, 0, 0x1_1FFE], 0, "the image ends at RVA 0x2000 inside the TLS callbacks"),
    ] as [([UInt32], UInt32, String?)]
  )
  func `a TLS directory is refused when it would have an effect`(
    addresses: [UInt32],
    zeroFill: UInt32,
    message: String?
  ) throws {
    var builder = ImageBuilder(.i386)
    builder.add(".tls", [.read, .write]) { address in
      var directory = Blob(address: address)
      for value in addresses + [zeroFill, 0] { directory.u32(value) }
      directory.u64(0)
      directory.u32(1)
      return directory.bytes
    }
    builder.setDirectory(9, 0x1000, 24)
    let bytes = builder.build()
    guard let message else {
      #expect(try Image(parsing: bytes).hasThreadLocalStorage)
      return
    }
    let error = #expect(throws: PortableExecutableError.self) { try Image(parsing: bytes) }
    #expect(error?.message == message)
  }

  @Test func `most drivers have no TLS directory`() throws {
    #expect(try !Image(parsing: DriverFixture(.x64).bytes).hasThreadLocalStorage)
  }

  private static func image(debug record: [UInt8]) -> [UInt8] {
    var builder = ImageBuilder(.i386)
    let address = builder.add(".rdata", [.read]) { debugDirectory(record, at: $0) }
    builder.setDirectory(6, address, 28)
    return builder.build()
  }
}
