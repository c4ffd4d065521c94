import PortableExecutable
import Testing

@Suite struct ImportTests {
  @Test(arguments: Shape.allCases)
  func `imports are read in order, by name and by ordinal`(shape: Shape) throws {
    let image = try Image(parsing: DriverFixture(shape).bytes)
    let symbols = DriverFixture.imports.map(\.symbols)
    #expect(image.imports.map(\.name) == ["ntoskrnl.exe", "HAL.dll"])
    #expect(image.imports.map { $0.imports.map(\.reference) } == symbols)
    #expect(image.imports[1].imports.map(\.name) == [nil, "KfRaiseIrql"])
    #expect(image.imports[1].imports.map(\.reference.description) == ["#12", "KfRaiseIrql"])
    let all = image.imports.allSatisfy { $0.hasLookupTable }
    #expect(all)
  }

  @Test(arguments: Shape.allCases)
  func `slots follow each other and hold what the lookup table holds`(shape: Shape) throws {
    let image = try Image(parsing: DriverFixture(shape).bytes)
    let memory = try image.layOut(at: image.imageBase)
    let size = image.machine.pointerSize
    for module in image.imports {
      let slots = module.imports.map(\.slot.offset)
      #expect(slots[1] == slots[0] + size)
      for (symbol, slot) in zip(module.imports, slots) {
        let value = memory.number(at: slot, size: size)
        switch symbol.reference {
        case .ordinal(let ordinal): #expect(value & 0xFFFF == UInt64(ordinal))
        case .name(let name, hint: _):
          #expect(memory[(Int(value) + 2)...].starts(with: name.utf8))
        }
      }
    }
  }

  @Test(arguments: Image.Machine.allCases)
  func `without a lookup table the names are in the slots`(machine: Image.Machine) throws {
    let plan = ImportPlan(
      module: "ntoskrnl.exe",
      symbols: [.name("DbgPrint", hint: 1)],
      hasLookupTable: false
    )
    let image = try Image(parsing: Self.image([plan], machine))
    #expect(image.imports.map(\.hasLookupTable) == [false])
    #expect(image.imports.flatMap(\.imports).map(\.name) == ["DbgPrint"])
  }

  @Test func `an image without import directory imports nothing`() throws {
    var builder = ImageBuilder(.amd64)
    builder.add(".text", [.code, .execute, .read]) { _ in [0xC3] }
    #expect(try Image(parsing: builder.build()).imports.isEmpty)
  }

  @Test(
    arguments: [
      (
        12, 0x9000,
        "the image ends at RVA 0x2000, before the name of an imported module at RVA 0x9000"
      ),
      (16, 0, "imports from ntoskrnl.exe have no import address table"),
      (
        16, 0x1FFE,
        "the image ends at RVA 0x2000 inside the addresses of the imports from ntoskrnl.exe"
      ),
      (
        0, 0xFFFF_FFFF,
        "the image ends at RVA 0x2000, before the imports from ntoskrnl.exe at RVA 0xFFFFFFFF"
      ),
      (12, 0x1900, "the name of an imported module at RVA 0x1900 is empty"),
    ] as [(Int, UInt64, String)]
  )
  func `a descriptor that points astray is refused`(field: Int, value: UInt64, message: String) {
    var bytes = Self.image(DriverFixture.imports, .i386)
    bytes.patch(Self.tableOffset + field, value)
    #expect(throws: PortableExecutableError(.malformed, message)) { try Image(parsing: bytes) }
  }

  @Test(
    arguments: [
      (
        .i386, 0x5000,
        "the image ends at RVA 0x2000, before the name of an import from M at RVA 0x5000"
      ),
      (.i386, 0x8001_0000, "an import from M has the ordinal 0x10000"),
      (.amd64, 1 << 63 | 0x7_0000, "an import from M has the ordinal 0x70000"),
      (.amd64, 1 << 40, "an import from M has its name at RVA 0x10000000000"),
      (.amd64, 0x8000_0000, "an import from M has its name at RVA 0x80000000"),
    ] as [(Image.Machine, UInt64, String)]
  )
  func `an entry that is neither name nor ordinal is refused`(
    machine: Image.Machine,
    entry: UInt64,
    message: String
  ) {
    var bytes = Self.image([ImportPlan(module: "M", symbols: [.ordinal(1)])], machine)
    let table = Int(bytes.number(at: Self.tableOffset, size: 4)) - 0x1000 + Self.tableOffset
    bytes.patch(table, entry, size: machine.pointerSize)
    #expect(throws: PortableExecutableError(.malformed, message)) { try Image(parsing: bytes) }
  }

  @Test func `bound imports without names are refused`() {
    let plan = ImportPlan(module: "HAL.dll", symbols: [.ordinal(1)], hasLookupTable: false)
    var bytes = Self.image([plan], .i386)
    bytes.patch(Self.tableOffset + 4, 0x3000_0000)
    let message = "imports from HAL.dll are bound, and their names are not in the image"
    #expect(throws: PortableExecutableError(.unsupported, message)) { try Image(parsing: bytes) }
  }

  @Test func `a name without an end is refused`() {
    var builder = ImageBuilder(.i386)
    let address = builder.add(".rdata", [.read]) { address in
      var table = importTable([ImportPlan(module: "M", symbols: [])], .i386, at: address)
      table.patch(12, UInt64(address) + 0x100)
      table += [UInt8](repeating: 0, count: 0x100 - table.count)
      return table + [UInt8](repeating: 0x41, count: 0x2F00)
    }
    builder.setDirectory(1, address, 40)
    let message = "the name of an imported module at RVA 0x1100 has no terminator"
    #expect(throws: PortableExecutableError(.malformed, message)) {
      try Image(parsing: builder.build())
    }
  }

  @Test(arguments: Image.Machine.allCases)
  func `descriptors that share one long name are refused`(machine: Image.Machine) {
    var builder = ImageBuilder(machine)
    let address = builder.add(".rdata", [.read]) { address in
      var table = Blob(address: address)
      let count = 2000
      let name = address + UInt32(20 * count + 20)
      for _ in 0..<count {
        for value in [name + 4096, 0, 0, name, name + 4096] { table.u32(value) }
      }
      table.pad(to: 20 * count + 20)
      table.bytes += [UInt8](repeating: 0x41, count: 4000)
      table.pad(to: 20 * count + 20 + 4200)
      return table.bytes
    }
    builder.setDirectory(1, address, 40020)
    let message = "the import table describes more than the file can hold"
    #expect(throws: PortableExecutableError(.malformed, message)) {
      try Image(parsing: builder.build())
    }
  }

  /// The place in the file of the import directory that ``image(_:_:)`` writes.
  private static let tableOffset = 0x400

  private static func image(_ plans: [ImportPlan], _ machine: Image.Machine) -> [UInt8] {
    var builder = ImageBuilder(machine)
    let address = builder.add(".rdata", [.read]) { importTable(plans, machine, at: $0) }
    builder.setDirectory(1, address, 40)
    return builder.build()
  }
}
