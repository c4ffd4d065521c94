import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct RtlQueryRegistryValuesDirectTests {
  @Test(arguments: Architecture.allCases)
  func `direct strings fill a buffer, or get one`(architecture: Architecture) throws {
    let driver = try RtlQueryRegistryValuesTests.Driver(architecture)
    let memory = driver.fixture.memory
    driver.key.setValue(RegistryValue("Name", "Lockstep"))
    let string = GuestPointer<CountedString>(try driver.fixture.allocate(16))
    try memory.set(string, buffer: .null, length: 0, maximumLength: 0)
    try driver.add(flags: 0x20, name: "Name", context: string.address)
    #expect(try driver.run() == .success)
    #expect(try memory.text(of: string) == "Lockstep")
    #expect(try memory[string].maximumLength == 18)
    #expect(driver.fixture.pool.live.contains(try memory[string].buffer))
    let buffer = try driver.fixture.allocate(32)
    try memory.set(string, buffer: buffer, length: 0, maximumLength: 17)
    #expect(try driver.run() == .bufferTooSmall)
    try memory.set(string, buffer: buffer, length: 0, maximumLength: 18)
    #expect(try driver.run() == .success)
    #expect(try memory.text(of: string) == "Lockstep")
  }

  @Test(arguments: Architecture.allCases)
  func `direct binary data say their length or only come`(architecture: Architecture) throws {
    let driver = try RtlQueryRegistryValuesTests.Driver(architecture)
    let memory = driver.fixture.memory
    driver.key.setValue(RegistryValue("Data", .binary, [1, 2, 3, 4, 5, 6]))
    let buffer = try driver.fixture.allocate(32)
    try driver.add(flags: 0x20, name: "Data", context: buffer)
    for (room, status) in [
      (Int32(-6), NTStatus.success), (-5, .bufferTooSmall), (14, .success), (13, .bufferTooSmall),
      (0, .bufferTooSmall), (.min, .success),
    ] {
      try memory.store(room, at: buffer)
      #expect(try driver.run() == status)
      if status == .success {
        let start = room < 0 ? buffer : buffer + 8
        #expect(try memory.bytes(at: start, count: 6) == [1, 2, 3, 4, 5, 6])
        if room > 0 {
          #expect(try driver.fixture.word(buffer) == 6)
          #expect(try driver.fixture.word(buffer + 4) == 3)
        }
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `TYPECHECK works where the release has it`(architecture: Architecture) throws {
    for checks in [true, false] {
      let behaviour = RegistryBehaviour(checksValueTypes: checks)
      let driver = try RtlQueryRegistryValuesTests.Driver(architecture, behaviour)
      driver.key.setValue(RegistryValue("Size", .binary, [9, 0, 0, 0]))
      let number = try driver.fixture.allocate(4)
      try driver.add(flags: 0x120, name: "Size", context: number, defaultType: 4 << 24)
      #expect(try driver.run() == (checks ? .objectTypeMismatch : .success))
      driver.key.setValue(RegistryValue("Size", 9))
      #expect(try driver.run() == .success)
      #expect(try driver.fixture.word(number) == 9)
    }
  }
}
