import PortableExecutable

/// The shapes of driver images that most tests run on.
enum Shape: String, CaseIterable {
  case x86, x86LowAlignment, x64, x64LowAlignment

  var machine: Image.Machine {
    switch self {
    case .x86, .x86LowAlignment: .i386
    case .x64, .x64LowAlignment: .amd64
    }
  }

  var alignment: UInt32 {
    switch self {
    case .x86, .x64: 0x1000
    case .x86LowAlignment, .x64LowAlignment: 0x20
    }
  }
}

/// A driver with each kind of table, and where things are in it.
struct DriverFixture {
  let shape: Shape
  let bytes: [UInt8]
  let builder: ImageBuilder

  static let imports = [
    ImportPlan(
      module: "ntoskrnl.exe",
      symbols: [.name("MmMapLockedPages", hint: 7), .name("IoCompleteRequest", hint: 300)]
    ),
    ImportPlan(module: "HAL.dll", symbols: [.ordinal(12), .name("KfRaiseIrql", hint: 0)]),
  ]

  static func exports(_ text: UInt32) -> [ExportPlan] {
    [
      .address(text, names: ["First", "AlsoFirst"]),
      .none,
      .address(text + 4, names: []),
      .forwarder("ntoskrnl.ExFreePool", names: ["FreeIt"]),
      .forwarder("HAL.#12", names: ["Twelfth"]),
    ]
  }

  static var codeView: [UInt8] {
    var record = Blob(address: 0)
    record.u32(0x5344_5352)
    record.u32(0x0011_2233)
    record.u16(0x4455)
    record.u16(0x6677)
    record.bytes += [0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF]
    record.u32(0x1A)
    record.text("C:\\build\\driver.pdb")
    return record.bytes
  }

  init(_ shape: Shape) {
    self.shape = shape
    let machine = shape.machine
    var builder = ImageBuilder(machine, alignment: shape.alignment)
    let base = builder.imageBase
    let text = builder.add(".text", [.code, .execute, .read, .notPaged]) { address in
      var code = Blob(address: address)
      code.bytes = [UInt8](repeating: 0xCC, count: 0x10)
      code.pointer(base + UInt64(address), machine)
      code.pointer(base + UInt64(address) + 8, machine)
      code.pad(to: 0x40)
      return code.bytes
    }
    builder.entryPoint = text + 4
    let tables = builder.add(".rdata", [.initializedData, .read, .notPaged]) { address in
      var data = Blob(address: address)
      data.bytes = importTable(Self.imports, machine, at: address)
      data.pad(to: 0x200)
      data.bytes += exportTable(Self.exports(text), firstOrdinal: 5, at: address + 0x200)
      data.pad(to: 0x400)
      data.bytes += debugDirectory(Self.codeView, at: address + 0x400)
      return data.bytes
    }
    builder.setDirectory(1, tables, 60)
    builder.setDirectory(0, tables + 0x200, 0x200)
    builder.setDirectory(6, tables + 0x400, 28)
    builder.add(".data", [.initializedData, .read, .write], virtualSize: 0x180) { _ in
      [1, 2, 3, 4]
    }
    if machine == .amd64 {
      let functions = builder.add(".pdata", [.initializedData, .read]) { _ in
        [UInt8](repeating: 0, count: 24)
      }
      builder.setDirectory(3, functions, 24)
    }
    builder.add("INIT", [.code, .execute, .read, .discardable]) { _ in [0xC3] }
    let entry: UInt16 = machine == .i386 ? 0x3000 : 0xA000
    let offset = UInt16(text & 0xFFF) + 0x10
    let block = relocationBlock(
      page: text & ~0xFFF,
      [entry | offset, entry | offset + UInt16(machine.pointerSize), 0, 0]
    )
    let relocations = builder.add(".reloc", [.initializedData, .read, .discardable]) { _ in block }
    builder.setDirectory(5, relocations, block.count)
    self.builder = builder
    bytes = builder.build()
  }

  /// The place of a section's header in the file.
  func header(of section: String) -> Int {
    let index = builder.sections.firstIndex { $0.name == section } ?? 0
    return builder.sectionHeaders + 40 * index
  }

  /// The RVA of a section.
  func address(of section: String) -> UInt32 {
    builder.sections.first { $0.name == section }?.address ?? 0
  }
}
