import GuestABI
import NTKernel
import NTStructures
import Testing

/// Keys that are opened with options and renamed.
@Suite struct LaterKeyTests {
  @Test(arguments: Architecture.allCases)
  func `a key is found by its new name`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let memory = fixture.memory
    let null = VirtualAddress.null
    func string(_ text: String) throws -> GuestPointer<CountedString> {
      let buffer = try fixture.allocate(text.utf16.count * 2 + 2)
      for (index, unit) in text.utf16.enumerated() {
        try memory.store(unit, at: buffer + index * 2)
      }
      let string = GuestPointer<CountedString>(try fixture.allocate(16))
      let length = text.utf16.count * 2
      try memory.set(string, buffer: buffer, length: length, maximumLength: length + 2)
      return string
    }
    func attributes(_ name: String) throws -> VirtualAddress {
      let place = GuestPointer<ObjectAttributes>(try fixture.allocate(0x30))
      let name = try string("\\Registry\\Machine\\Software\\" + name)
      try memory.modify(place) {
        $0.length = UInt32(ObjectAttributes.size(on: architecture))
        $0.objectName = name
        $0.attributes = 0x240
      }
      return place.address
    }
    let handle = try fixture.allocate(8)
    let (access, zero): (UInt32, UInt32) = (0xF_003F, 0)
    func open(_ name: String, _ options: UInt32) throws -> NTStatus {
      let place = try attributes(name)
      return NTStatus(guestBits: try fixture.call("ZwOpenKeyEx", handle, access, place, options))
    }
    let created = try fixture.call(
      "ZwCreateKey",
      handle,
      access,
      attributes("Before"),
      zero,
      null,
      zero,
      null
    )
    #expect(NTStatus(guestBits: created) == .success)
    let key = try memory.load(VirtualAddress.self, at: handle)
    func rename(_ name: String) throws -> NTStatus {
      NTStatus(guestBits: try fixture.call("ZwRenameKey", key, string(name)))
    }
    #expect(try rename("a\\b") == .invalidParameter)
    #expect(try rename("After") == .success)
    #expect(try open("Before", 0) == .objectNameNotFound)
    #expect(try open("After", 0) == .success)
    #expect(fixture.unmodelled { try open("After", 4) } != nil)
  }
}
