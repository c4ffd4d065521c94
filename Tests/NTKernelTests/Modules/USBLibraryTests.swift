import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct USBLibraryTests {
  /// Two interfaces, of which the second has two settings: a configuration's descriptors.
  private static let configuration: [UInt8] = {
    let interfaces: [[UInt8]] = [
      [9, 4, 0, 0, 1, 0xFF, 1, 2, 0], [7, 5, 0x81, 2, 64, 0, 0],
      [9, 4, 1, 0, 0, 0x03, 0, 0, 0],
      [9, 4, 1, 1, 2, 0x03, 1, 1, 0], [7, 5, 0x82, 3, 8, 0, 10], [7, 5, 0x02, 2, 64, 0, 0],
    ]
    let body = interfaces.flatMap { $0 }
    return [9, 2, UInt8(9 + body.count), 0, 2, 1, 0, 0x80, 50] + body
  }()

  private func place(_ bytes: [UInt8], _ fixture: KernelFixture) throws -> VirtualAddress {
    let block = try fixture.allocate(bytes.count + 16)
    try fixture.memory.store(bytes: bytes, at: block)
    return block
  }

  @Test(arguments: Host.few, ["", "_"])
  func `USBD_ParseConfigurationDescriptorEx finds the first interface that matches`(
    host: Host,
    decoration: String
  ) throws {
    let fixture = try host.fixture()
    let block = try place(Self.configuration, fixture)
    let name =
      decoration.isEmpty
      ? "USBD_ParseConfigurationDescriptorEx" : "_USBD_ParseConfigurationDescriptorEx@28"
    func find(_ start: VirtualAddress, _ criteria: [Int32]) throws -> Int? {
      let found = try fixture.pointer(
        name,
        block,
        start,
        criteria[0],
        criteria[1],
        criteria[2],
        criteria[3],
        criteria[4]
      )
      return found == .null ? nil : Int(found.rawValue - block.rawValue)
    }
    #expect(try find(block, [-1, -1, -1, -1, -1]) == 9)
    #expect(try find(block, [1, -1, -1, -1, -1]) == 25)
    #expect(try find(block, [1, 1, -1, -1, -1]) == 34)
    #expect(try find(block, [-1, -1, 3, 1, 1]) == 34)
    #expect(try find(block, [-1, -1, 8, -1, -1]) == nil)
    #expect(try find(block + 18, [-1, -1, -1, -1, -1]) == 25)
  }

  @Test(arguments: Host.few)
  func `USBD_ParseDescriptors finds a descriptor by its type within the buffer`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try place(Self.configuration, fixture)
    func find(_ length: Int, _ start: Int, _ type: Int32) throws -> Int? {
      let found = try fixture.pointer(
        "USBD_ParseDescriptors",
        block,
        UInt32(length),
        block + start,
        type
      )
      return found == .null ? nil : Int(found.rawValue - block.rawValue)
    }
    let length = Self.configuration.count
    #expect(try find(length, 0, 2) == 0)
    #expect(try find(length, 0, 5) == 18)
    #expect(try find(length, 25, 5) == 43)
    #expect(try find(length, 0, 3) == nil)
    #expect(try find(18, 0, 5) == nil)
  }

  @Test(arguments: Host.few)
  func `a descriptor of no length does not hang the parser`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try place([9, 2, 64, 0, 1, 1, 0, 0, 0, 0, 0], fixture)
    #expect(throws: Unmodelled.self) {
      try fixture.call("USBD_ParseDescriptors", block, UInt32(64), block, Int32(5))
    }
  }

  @Test(arguments: Host.few)
  func `an interface is as long as its endpoints`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try place(Self.configuration, fixture)
    let end = block + Self.configuration.count
    #expect(try fixture.call("USBD_GetInterfaceLength", block + 9, end) & 0xFFFF_FFFF == 16)
    #expect(try fixture.call("USBD_GetInterfaceLength", block + 34, end) & 0xFFFF_FFFF == 23)
  }

  @Test(arguments: [
    Host(release: .w2k, architecture: .x86), Host(release: .win7, architecture: .x86),
    Host(release: .win7, architecture: .x64),
  ])
  func `USBD_CreateConfigurationRequestEx describes each interface in the request`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let memory = fixture.memory
    let block = try place(Self.configuration, fixture)
    let entrySize = USBInterfaceListEntry.size(on: host.architecture)
    let list = try fixture.allocate(3 * entrySize)
    try memory.store(block + 9, at: list)
    try memory.store(block + 34, at: list + entrySize)

    let request = try fixture.pointer("USBD_CreateConfigurationRequestEx", block, list)
    #expect(request != .null)
    let urb = memory[GuestPointer<SelectConfigurationURB>(request)]
    let is32Bit = host.architecture == .x86
    let first = is32Bit ? 0x24 : 0x30
    let second = is32Bit ? 0x38 : 0x48
    #expect(try urb.length == UInt16((is32Bit ? 0x18 : 0x28) + first + second))
    #expect(try urb.function == 0)
    #expect(try urb.configurationDescriptor == block)

    for (index, expected) in [(0, (0, 0, 1, first)), (1, (1, 1, 2, second))] {
      let entry = GuestPointer<USBInterfaceListEntry>(list + index * entrySize)
      let interface = memory[try memory[entry].interface]
      #expect(try interface.interfaceNumber == UInt8(expected.0))
      #expect(try interface.alternateSetting == UInt8(expected.1))
      #expect(try interface.pipeCount == UInt32(expected.2))
      #expect(try interface.length == UInt16(expected.3))
      let pipe = memory[GuestPointer<USBPipeInformation>(interface.address(of: \.pipes))]
      #expect(try pipe.maximumTransferSize == (host.release < .wxp ? 4096 : 0xFFFF_FFFF))
    }
    try fixture.call("ExFreePool", request)
    #expect(fixture.violations.isEmpty)
  }

  @Test(arguments: Host.few)
  func `a list of interfaces without an end is not followed for ever`(host: Host) throws {
    let fixture = try host.fixture()
    let block = try place(Self.configuration, fixture)
    let list = try fixture.allocate(300 * 16)
    for index in 0..<(300 * 16 / host.architecture.pointerSize) {
      try fixture.memory.store(block + 9, at: list + index * host.architecture.pointerSize)
    }
    #expect(throws: Unmodelled.self) {
      try fixture.call("USBD_CreateConfigurationRequestEx", block, list)
    }
  }
}
