import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct SecureDeviceTests {
  /// What `IoCreateDeviceSecure` of `wdmsec.lib` does, which WinPmem is linked with.
  @Test(arguments: Architecture.allCases)
  func `wdmsec secures a device`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let device = KernelObject(.device, body: try fixture.allocate(0x150))
    #expect(try fixture.objects.insert(device, at: "\\Device\\pmem") == .success)
    let slot = try fixture.allocate(8)
    // No class of devices is installed on the scenario's machine.
    let classes = try fixture.open(
      "ZwOpenKey",
      "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class"
    )
    let missing = try fixture.attributes("{D4B8B5B2-0000-0000-0000-000000000000}", root: classes)
    let access: UInt32 = 0x2_0019
    #expect(try fixture.status("ZwOpenKey", slot, access, missing) == .objectNameNotFound)
    #expect(try fixture.status("ZwClose", classes) == .success)
    // A list that lets the system in, from SeExports.
    let constants = try dataExport("SeExports", fixture)
    let system = try fixture.pointer(constants + (architecture == .x86 ? 0xE0 : 0x108))
    let descriptor = try makeDescriptor(fixture, allowing: system)
    #expect(
      try fixture.status(
        "SeCaptureSecurityDescriptor",
        descriptor,
        ProcessorMode.kernel,
        PoolType.paged,
        true,
        slot
      ) == .success
    )
    let captured = try fixture.pointer(slot)
    let writeDAC: UInt32 = 0x4_0000
    #expect(
      try fixture.status(
        "ObOpenObjectByPointer",
        device.body,
        0x200 as UInt32,
        VirtualAddress.null,
        writeDAC,
        dataExport("IoDeviceObjectType", fixture),
        ProcessorMode.kernel,
        slot
      ) == .success
    )
    let handle = try fixture.pointer(slot)
    #expect(try fixture.status("ZwSetSecurityObject", handle, 4 as UInt32, captured) == .success)
    #expect(try fixture.status("ZwClose", handle) == .success)
    #expect(device.handleCount == 0)
    #expect(fixture.objects.openHandleCount == 0)
  }

  private func makeDescriptor(
    _ fixture: ObjectFixture,
    allowing identifier: VirtualAddress
  ) throws -> VirtualAddress {
    let list = try fixture.allocate(28)
    try fixture.memory.store(bytes: [2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0], at: list)
    try fixture.memory.store(0x1F01FF as UInt32, at: list + 12)
    try fixture.memory.copy(from: identifier, to: list + 16, count: 12)
    let descriptor = try fixture.allocate(40)
    try fixture.memory.fill(at: descriptor, count: 40)
    try fixture.memory.store(1 as UInt8, at: descriptor)
    try fixture.memory.store(4 as UInt16, at: descriptor + 2)
    try fixture.memory.store(list, at: descriptor + 4 * fixture.memory.architecture.pointerSize)
    return descriptor
  }

  /// A driver can nest names without end only in its own wishes.
  @Test(arguments: Architecture.allCases)
  func `what nests without end ends the run`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let slot = try fixture.allocate(8)
    try fixture.memory.store(VirtualAddress.null, at: slot)
    let access: UInt32 = 0xF003F
    #expect(throws: Unmodelled.self) {
      var attributes = try fixture.attributes("\\Registry\\Machine\\Software\\Deep")
      for _ in 0..<1000 {
        let status = try fixture.status(
          "ZwCreateKey",
          slot,
          access,
          attributes,
          0 as UInt32,
          VirtualAddress.null,
          0 as UInt32,
          VirtualAddress.null
        )
        #expect(status == .success)
        attributes = try fixture.attributes("x", root: fixture.pointer(slot))
      }
    }
    #expect(throws: Unmodelled.self) {
      var attributes = try fixture.attributes("\\Deep")
      for _ in 0..<1000 {
        let status = try fixture.status("ZwCreateDirectoryObject", slot, access, attributes)
        #expect(status == .success)
        attributes = try fixture.attributes("x", root: fixture.pointer(slot))
      }
    }
  }
}
