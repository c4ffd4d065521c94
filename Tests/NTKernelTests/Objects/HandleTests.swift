import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct HandleTests {
  @Test(arguments: Architecture.allCases)
  func `handles are multiples of four, and the kernel's have high bits`(
    architecture: Architecture
  ) throws {
    let fixture = try ObjectFixture(architecture)
    let object = KernelObject(.event, body: try fixture.allocate(16))
    let first = try fixture.objects.makeHandle(for: object, access: [])
    let second = try fixture.objects.makeHandle(for: object, access: [])
    #expect(first.rawValue == 4)
    #expect(second.rawValue == 8)
    let kernel = try fixture.objects.makeHandle(for: object, access: [], attributes: .kernelHandle)
    #expect(kernel.rawValue == (architecture == .x86 ? 0x8000_0004 : 0xFFFF_FFFF_8000_0004))
    #expect(fixture.objects.object(for: kernel) === object)
    #expect(fixture.objects.object(for: kernel, mode: .user) == nil)
    #expect(fixture.objects.object(for: second + 3) === object)
    #expect(fixture.objects.openHandleCount == 3)
  }

  @Test(arguments: Architecture.allCases)
  func `ZwClose closes once`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let object = KernelObject(.event, body: try fixture.allocate(16))
    fixture.objects.register(object)
    let handle = try fixture.objects.makeHandle(for: object, access: [], attributes: .kernelHandle)
    #expect(try fixture.status("ObCloseHandle", handle, ProcessorMode.user) == .invalidHandle)
    #expect(try fixture.status("ZwClose", handle) == .success)
    #expect(object.handleCount == 0)
    #expect(
      fixture.unmodelled { try fixture.status("ZwClose", handle) }?.hasPrefix("ZwClose") == true
    )
    #expect(try fixture.status("ZwClose", VirtualAddress.null) == .invalidHandle)
  }

  @Test(arguments: Architecture.allCases)
  func `closing the current process succeeds on Windows 10 only`(architecture: Architecture) throws
  {
    let current = GuestWord(rawValue: architecture == .x86 ? 0xFFFF_FFFF : .max)
    for closes in [false, true] {
      let behaviour = ObjectBehaviour(closesCurrentProcessHandle: closes)
      let fixture = try ObjectFixture(architecture, objects: behaviour)
      #expect(try fixture.status("ZwClose", current) == (closes ? .success : .invalidHandle))
    }
  }

  @Test(arguments: Architecture.allCases)
  func `NtClose goes by the previous mode`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let object = KernelObject(.event, body: try fixture.allocate(16))
    let handle = try fixture.objects.makeHandle(for: object, access: [], attributes: .kernelHandle)
    fixture.objects.previousMode = .user
    #expect(try fixture.status("NtClose", handle) == .invalidHandle)
    fixture.objects.previousMode = .kernel
    #expect(try fixture.status("NtClose", handle) == .success)
  }

  @Test(arguments: Architecture.allCases)
  func `ObReferenceObjectByHandle checks type and access`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let body = try fixture.allocate(0x100)
    let file = KernelObject(.file, body: body)
    fixture.objects.register(file)
    let handle = try fixture.objects.makeHandle(
      for: file,
      access: AccessMask(rawValue: 0x8000_0000)
    )
    let fileType = try dataExport("IoFileObjectType", fixture)
    let eventType = try dataExport("ExEventObjectType", fixture)
    let result = try fixture.allocate(8)
    func reference(_ type: VirtualAddress, _ access: UInt32, _ mode: ProcessorMode) throws
      -> NTStatus
    {
      try fixture.status(
        "ObReferenceObjectByHandle",
        handle,
        access,
        type,
        mode,
        result,
        VirtualAddress.null
      )
    }
    #expect(try reference(fileType, 0x1, .user) == .success)
    #expect(try fixture.pointer(result) == body)
    #expect(file.referenceCount == 3)
    #expect(try reference(eventType, 0x1, .kernel) == .objectTypeMismatch)
    #expect(try fixture.pointer(result) == .null)
    #expect(try reference(fileType, 0x2, .user) == .accessDenied)
    #expect(try reference(.null, 0x2, .kernel) == .success)
    #expect(
      try fixture.status(
        "ObReferenceObjectByHandle",
        GuestWord(0x1234),
        0 as UInt32,
        fileType,
        ProcessorMode.kernel,
        result,
        VirtualAddress.null
      ) == .invalidHandle
    )
    #expect(throws: Unmodelled.self) { try reference(body, 0, .kernel) }
    #expect(try fixture.call("ObfReferenceObject", body, convention: .fastcall) == 5)
    #expect(try fixture.call("ObfDereferenceObject", body, convention: .fastcall) == 4)
    #expect(try fixture.call("ObDereferenceObject", body) == 3)
    #expect(throws: Unmodelled.self) {
      try fixture.call("ObfDereferenceObject", body + 8, convention: .fastcall)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `ObOpenObjectByPointer opens a device's handle`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let device = KernelObject(.device, body: try fixture.allocate(0x150))
    #expect(try fixture.objects.insert(device, at: "\\Device\\Lockstep") == .success)
    let type = try dataExport("IoDeviceObjectType", fixture)
    let handle = try fixture.allocate(8)
    func open(_ flags: UInt32, _ type: VirtualAddress) throws -> NTStatus {
      try fixture.status(
        "ObOpenObjectByPointer",
        device.body,
        flags,
        VirtualAddress.null,
        0x4_0000 as UInt32,
        type,
        ProcessorMode.kernel,
        handle
      )
    }
    #expect(try open(0x200, type) == .success)
    #expect(fixture.objects.object(for: try fixture.pointer(handle)) === device)
    #expect(try open(0x200, dataExport("IoFileObjectType", fixture)) == .objectTypeMismatch)
    #expect(try open(0x8000, type) == .invalidParameter)
  }

  @Test func `NT 4 does not know kernel handles`() throws {
    let behaviour = ObjectBehaviour(validAttributes: ObjectAttributeFlags(rawValue: 0x1F2))
    let fixture = try ObjectFixture(.x86, objects: behaviour)
    let handle = try fixture.allocate(8)
    let attributes = try fixture.attributes("\\Registry", flags: 0x240)
    #expect(try fixture.status("ZwOpenKey", handle, 1 as UInt32, attributes) == .invalidParameter)
  }

  @Test(arguments: Architecture.allCases)
  func `ObReferenceObjectByName finds a driver`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let driver = KernelObject(.driver, body: try fixture.allocate(0x100))
    #expect(try fixture.objects.insert(driver, at: "\\Driver\\Lockstep") == .success)
    let result = try fixture.allocate(8)
    func reference(_ name: String, _ type: String) throws -> NTStatus {
      try fixture.status(
        "ObReferenceObjectByName",
        fixture.string(name),
        0x40 as UInt32,
        VirtualAddress.null,
        0 as UInt32,
        dataExport(type, fixture),
        ProcessorMode.kernel,
        VirtualAddress.null,
        result
      )
    }
    #expect(try reference("\\DRIVER\\lockstep", "IoDriverObjectType") == .success)
    #expect(try fixture.pointer(result) == driver.body)
    #expect(try reference("\\Driver\\Lockstep", "IoDeviceObjectType") == .objectTypeMismatch)
    #expect(try reference("\\Driver\\Other", "IoDriverObjectType") == .objectNameNotFound)
  }

  @Test(arguments: Architecture.allCases)
  func `ObReferenceObjectByPointer counts`(architecture: Architecture) throws {
    let fixture = try ObjectFixture(architecture)
    let event = KernelObject(.event, body: try fixture.allocate(16))
    fixture.objects.register(event)
    let type = try dataExport("ExEventObjectType", fixture)
    let routine = "ObReferenceObjectByPointer"
    let access: UInt32 = 0
    #expect(try fixture.status(routine, event.body, access, type, ProcessorMode.user) == .success)
    #expect(event.referenceCount == 2)
    let other = try dataExport("PsThreadType", fixture)
    let status = try fixture.status(routine, event.body, access, other, ProcessorMode.user)
    #expect(status == .objectTypeMismatch)
    #expect(throws: Unmodelled.self) {
      try fixture.status(routine, event.body, access, other, ProcessorMode.kernel)
    }
  }
}

/// Returns what an imported variable holds.
func dataExport(_ name: String, _ fixture: ObjectFixture) throws -> VirtualAddress {
  let exports = fixture.objects.dataExports + fixture.security.dataExports
  let export = try #require(exports.first { $0.name == name })
  let variable = try fixture.allocate(export.byteCount(fixture.memory.architecture))
  try export.initialise(variable, fixture.memory)
  return try fixture.pointer(variable)
}
