import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct RtlQueryRegistryValuesTests {
  static let routine = VirtualAddress(rawValue: 0x1000)

  /// A table with its driver, whose routine writes down what it is called with.
  final class Driver {
    struct Call: Equatable {
      var name: String?
      var type: UInt32
      var data: [UInt8]
      var context: UInt64
      var entryContext: UInt64
    }

    let fixture: ObjectFixture
    let key: RegistryKey
    let table: VirtualAddress
    private var entryCount = 0
    var calls: [Call] = []
    var answer = NTStatus.success

    init(
      _ architecture: Architecture,
      _ behaviour: RegistryBehaviour = RegistryBehaviour()
    ) throws {
      fixture = try ObjectFixture(architecture, registry: behaviour)
      key = fixture.registry.makeKey("Machine\\Software\\Lockstep")
      table = try fixture.allocate(0x38 * 8)
      try fixture.memory.fill(at: table, count: 0x38 * 8)
      fixture.routines[RtlQueryRegistryValuesTests.routine] = { [unowned self] call in
        let bits = call.arguments.map(\.bits)
        let name = VirtualAddress(rawValue: bits[0])
        calls.append(
          Call(
            name: name == .null ? nil : try text(name),
            type: UInt32(bits[1]),
            data: try fixture.memory.bytes(at: .init(rawValue: bits[2]), count: Int(bits[3])),
            context: bits[4],
            entryContext: bits[5]
          )
        )
        return answer.guestBits
      }
    }

    func text(_ address: VirtualAddress) throws -> String {
      var units: [UInt16] = []
      var place = address
      while case let unit:UInt16 = try fixture.memory.load(at: place), unit != 0 {
        units.append(unit)
        place = place + 2
      }
      return String(decoding: units, as: UTF16.self)
    }

    func add(
      routine: VirtualAddress = .null,
      flags: UInt32 = 0,
      name: String? = nil,
      context: VirtualAddress = .null,
      defaultType: UInt32 = 0,
      defaultData: VirtualAddress = .null,
      defaultLength: UInt32 = 0
    ) throws {
      let isX86 = fixture.memory.architecture == .x86
      let entry = table + entryCount * (isX86 ? 0x1C : 0x38)
      entryCount += 1
      let width = isX86 ? 4 : 8
      try fixture.memory.store(routine, at: entry)
      try fixture.memory.store(flags, at: entry + width)
      try fixture.memory.store(name.map { try fixture.wide($0) } ?? .null, at: entry + 2 * width)
      try fixture.memory.store(context, at: entry + 3 * width)
      try fixture.memory.store(defaultType, at: entry + 4 * width)
      try fixture.memory.store(defaultData, at: entry + 5 * width)
      try fixture.memory.store(defaultLength, at: entry + 6 * width)
    }

    func run(
      _ path: String = "\\Registry\\Machine\\Software\\Lockstep",
      relativeTo: UInt32 = 0
    ) throws -> NTStatus {
      let live = fixture.pool.live.count
      let path = try fixture.wide(path)
      let status = try fixture.status(
        "RtlQueryRegistryValues",
        relativeTo,
        path,
        table,
        VirtualAddress(rawValue: 0xC0),
        VirtualAddress.null
      )
      if calls.count > 0 { #expect(fixture.pool.live.count == live) }
      return status
    }
  }

  static func bytes(_ text: String) -> [UInt8] {
    text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
  }

  @Test(arguments: Architecture.allCases)
  func `the routine gets a value with both contexts`(architecture: Architecture) throws {
    let driver = try Driver(architecture)
    driver.key.setValue(RegistryValue("Size", 7))
    try driver.add(routine: Self.routine, name: "size", context: VirtualAddress(rawValue: 0xE0))
    #expect(try driver.run() == .success)
    #expect(
      driver.calls == [
        .init(name: "size", type: 4, data: [7, 0, 0, 0], context: 0xC0, entryContext: 0xE0)
      ]
    )
    #expect(try driver.run("\\Registry\\Machine\\Software\\None") == .objectNameNotFound)
  }

  @Test(arguments: Architecture.allCases)
  func `a key that is optional and there is like any other`(architecture: Architecture) throws {
    let driver = try Driver(architecture)
    let optional: UInt32 = 0x8000_0000
    driver.key.setValue(RegistryValue("Size", 7))
    try driver.add(routine: Self.routine, name: "Size")
    #expect(try driver.run(relativeTo: optional) == .success)
    #expect(driver.calls.map(\.data) == [[7, 0, 0, 0]])
    #expect(throws: Unmodelled.self) {
      try driver.run("\\Registry\\Machine\\Software\\None", relativeTo: optional)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `strings of a list come one by one, as ReactOS's test sees it on Windows`(
    architecture: Architecture
  ) throws {
    let cases: [(value: String, stored: [String], explicit: [String], counted: [String]?)] = [
      ("", [], [], nil),
      ("\0", [], [], nil),
      ("\0\0", ["\0"], [], []),
      ("String\0", ["String\0"], ["String\0"], nil),
      ("String\0\0", ["String\0"], ["String\0"], ["String\0"]),
      ("String1\0String2\0", ["String1\0", "String2\0"], ["String1\0", "String2\0"], nil),
      (
        "String1\0String2\0\0", ["String1\0", "String2\0"], ["String1\0", "String2\0"],
        ["String1\0", "String2\0"]
      ),
      (
        "String1\0\0String3\0", ["String1\0", "\0", "String3\0"], ["String1\0", "\0", "String3\0"],
        nil
      ),
      (
        "String1\0\0String3\0\0", ["String1\0", "\0", "String3\0"],
        ["String1\0", "\0", "String3\0"], ["String1\0"]
      ),
    ]
    for (value, stored, explicit, counted) in cases {
      let data = Self.bytes(value)
      let driver = try Driver(architecture)
      driver.key.setValue(RegistryValue("TestValue", .multiString, data))
      try driver.add(routine: Self.routine, name: "TestValue")
      #expect(try driver.run() == .success)
      #expect(driver.calls.map(\.data) == stored.map(Self.bytes))
      #expect(driver.calls.allSatisfy { $0.type == 1 && $0.name == "TestValue" })
      if !data.isEmpty {
        let expected: [(length: UInt32, strings: [String]?)] = [
          (UInt32(data.count), explicit), (0, counted),
        ]
        for (length, strings) in expected {
          guard let strings else { continue }
          let driver = try Driver(architecture)
          let address = try driver.fixture.allocate(data.count)
          try driver.fixture.memory.store(bytes: data, at: address)
          try driver.add(
            routine: Self.routine,
            name: "TestValue",
            defaultType: 7,
            defaultData: address,
            defaultLength: length
          )
          #expect(try driver.run() == .success)
          #expect(driver.calls.map(\.data) == strings.map(Self.bytes))
        }
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a missing value is skipped, required or has a default`(architecture: Architecture) throws {
    let skipping = try Driver(architecture)
    try skipping.add(routine: Self.routine, name: "None")
    #expect(try skipping.run() == .success)
    #expect(skipping.calls.isEmpty)
    let requiring = try Driver(architecture)
    try requiring.add(routine: Self.routine, flags: 0x04, name: "None")
    #expect(try requiring.run() == .objectNameNotFound)
    let defaulting = try Driver(architecture)
    let text = try defaulting.fixture.wide("Default")
    try defaulting.add(routine: Self.routine, name: "None", defaultType: 1, defaultData: text)
    #expect(try defaulting.run() == .success)
    #expect(defaulting.calls.map(\.data) == [Self.bytes("Default\0")])
    let both = try Driver(architecture)
    try both.add(
      routine: Self.routine,
      flags: 0x04,
      name: "None",
      defaultType: 1,
      defaultData: text
    )
    #expect(throws: Unmodelled.self) { try both.run() }
  }

  @Test(arguments: Architecture.allCases)
  func `without a name all values come, and DELETE removes them`(architecture: Architecture) throws
  {
    let driver = try Driver(architecture)
    driver.key.setValue(RegistryValue("One", 1))
    driver.key.setValue(RegistryValue("Two", .multiString, Self.bytes("a\0b\0\0")))
    try driver.add(routine: Self.routine, flags: 0x40)
    try driver.add(routine: Self.routine, flags: 0x04)
    #expect(try driver.run() == .objectNameNotFound)
    #expect(driver.calls.map(\.name) == ["One", "Two", "Two"])
    #expect(driver.key.values.isEmpty)
  }

  @Test(arguments: Architecture.allCases)
  func `the routine's error stops the table, but for one`(architecture: Architecture) throws {
    for (answer, count) in [(NTStatus.accessDenied, 1), (.bufferTooSmall, 2)] {
      let driver = try Driver(architecture)
      driver.answer = answer
      try driver.add(routine: Self.routine, flags: 0x08)
      try driver.add(routine: Self.routine, flags: 0x08)
      #expect(try driver.run() == (count == 1 ? answer : .success))
      #expect(driver.calls.count == count)
      #expect(
        driver.calls.first == .init(name: nil, type: 0, data: [], context: 0xC0, entryContext: 0)
      )
    }
  }

  @Test(arguments: Architecture.allCases)
  func `subkeys are entered and left`(architecture: Architecture) throws {
    let driver = try Driver(architecture)
    driver.key.setValue(RegistryValue("Size", 1))
    driver.fixture.registry.makeKey("Machine\\Software\\Lockstep\\Parameters")
      .setValue(RegistryValue("Size", 2))
    let number = try driver.fixture.allocate(4)
    try driver.add(flags: 0x01, name: "Parameters")
    try driver.add(routine: Self.routine, name: "Size")
    try driver.add(flags: 0x22, name: "Size", context: number)
    try driver.add(routine: Self.routine, name: "Size")
    #expect(try driver.run() == .success)
    #expect(driver.calls.map(\.data) == [[2, 0, 0, 0], [1, 0, 0, 0]])
    #expect(try driver.fixture.word(number) == 1)
    let missing = try Driver(architecture)
    try missing.add(flags: 0x01, name: "Parameters")
    #expect(try missing.run() == .objectNameNotFound)
    let nameless = try Driver(architecture)
    try nameless.add(flags: 0x01)
    #expect(try nameless.run() == .invalidParameter)
  }

  @Test(arguments: [UInt32(0x21), 0x28, 0x80, 0x8000_0000, 0x02])
  func `what is not documented ends the run`(flags: UInt32) throws {
    let driver = try Driver(.x64)
    try driver.add(flags: flags, name: "x")
    #expect(throws: Unmodelled.self) { try driver.run() }
  }
}
