import GuestABI
import NTKernel
import NTStructures
import Testing

/// Services for files whose device is a driver's own.
@Suite struct DeviceFileTests {
  /// A device with a name, whose driver notes what it is asked.
  private final class Device {
    let files: FileFixture
    let stack: DriverStack
    let device: GuestPointer<DeviceObject>
    var seen: [UInt8] = []

    init(_ host: Host, _ flags: DeviceObject.Flags = .bufferedIO) throws {
      files = try FileFixture(host)
      stack = try DriverStack(files.kernel)
      let slot = try files.kernel.allocate(8)
      let name = try files.string("\\Device\\Own")
      let status = try files.kernel.status(
        "IoCreateDevice",
        stack.driver,
        UInt32(0),
        name,
        UInt32(0x22),
        UInt32(0),
        false,
        slot
      )
      #expect(status == .success)
      device = try files.memory.load(at: slot)
      try files.memory[device].store(flags, in: \.flags)
      for function in MajorFunction.allCases {
        try stack.dispatch(function) { [self] _, irp in
          seen.append(function.rawValue)
          try stack.complete(irp, .success)
          return .success
        }
      }
    }
  }

  @Test(arguments: Host.few)
  func `a driver hears of each step in the life of a file`(host: Host) throws {
    let own = try Device(host)
    var path = ""
    try own.stack.dispatch(.create) { _, irp in
      own.seen.append(0)
      let location = own.files.memory[try own.stack.location(of: irp)]
      let file = own.files.memory[try location.fileObject]
      path = try own.files.memory.text(of: GuestPointer(file.address(of: \.fileName)))
      #expect(try location.createOptions == 0x0300_0060)
      #expect(try location.shareAccess == 3)
      try own.stack.complete(irp, .success, information: 1)
      return .success
    }
    let opened = try own.files.create("\\Device\\Own\\some\\path", share: 3)
    #expect(opened.status == .success)
    #expect(path == "\\some\\path")
    #expect(try own.files.memory[own.device].referenceCount == 1)
    let slot = try own.files.kernel.allocate(8)
    let status = try own.files.kernel.status(
      "ObReferenceObjectByHandle",
      opened.handle,
      UInt32(0),
      VirtualAddress.null,
      ProcessorMode.kernel,
      slot,
      VirtualAddress.null
    )
    #expect(status == .success)
    try own.files.close(opened.handle)
    #expect(own.seen == [0, 18])
    let file: VirtualAddress = try own.files.memory.load(at: slot)
    try own.files.kernel.call("ObfDereferenceObject", file)
    #expect(own.seen == [0, 18, 2])
    #expect(try own.files.memory[own.device].referenceCount == 0)
  }

  @Test(arguments: Host.few)
  func `a file that the driver refuses is never closed`(host: Host) throws {
    let own = try Device(host)
    try own.stack.dispatch(.create) { _, irp in
      try own.stack.complete(irp, .accessDenied)
      return .accessDenied
    }
    let opened = try own.files.create("\\Device\\Own")
    #expect(opened.status == .accessDenied)
    #expect(opened.handle == .null)
    #expect(own.seen.isEmpty)
    #expect(try own.files.memory[own.device].referenceCount == 0)
  }

  @Test(arguments: Host.few, [DeviceObject.Flags.bufferedIO, .directIO, []])
  func `reads, writes and controls reach the driver in the way it asks for`(
    host: Host,
    flags: DeviceObject.Flags
  ) throws {
    let own = try Device(host, flags)
    let memory = own.files.memory
    let handle = try own.files.create("\\Device\\Own").handle
    func buffer(of irp: GuestPointer<IRP>) throws -> VirtualAddress {
      if flags.contains(.bufferedIO) { return try memory[irp].systemBuffer }
      let mdl = try memory[irp].mdlAddress
      guard flags.contains(.directIO) else {
        #expect(mdl.isNull)
        return try memory[irp].userBuffer
      }
      let mapping = try own.files.kernel.manager.mapLockedPages(mdl, mode: .kernel)
      return VirtualAddress(rawValue: mapping.rawValue | UInt64(try memory[mdl].byteOffset))
    }
    try own.stack.dispatch(.read) { _, irp in
      let location = memory[try own.stack.location(of: irp)]
      #expect(try location.length == 12)
      #expect(try location.byteOffset == 0x1_0000_0000)
      #expect(try memory[irp].requestorMode == .kernel)
      try memory.store(bytes: [7, 8, 9], at: buffer(of: irp))
      try own.stack.complete(irp, .success, information: 3)
      return .success
    }
    let read = try own.files.read(12, from: handle, at: 0x1_0000_0000)
    #expect(read.status == .success)
    #expect(read.bytes == [7, 8, 9])
    var written: [UInt8] = []
    try own.stack.dispatch(.write) { _, irp in
      written = try memory.bytes(at: buffer(of: irp), count: 5)
      try own.stack.complete(irp, .success, information: 5)
      return .success
    }
    #expect(try own.files.write([1, 2, 3, 4, 5], to: handle) == .success)
    #expect(written == [1, 2, 3, 4, 5])
    try own.stack.dispatch(.deviceControl) { _, irp in
      let location = memory[try own.stack.location(of: irp)]
      #expect(try location.ioControlCode == 0x22_2000)
      let buffer = try memory[irp].systemBuffer
      try memory.store(try memory.load(UInt32.self, at: buffer) &+ 1, at: buffer)
      try own.stack.complete(irp, .success, information: 4)
      return .success
    }
    let data = try own.files.kernel.allocate(16)
    try memory.store(UInt32(41), at: data)
    let status = try own.files.kernel.status(
      "ZwDeviceIoControlFile",
      handle,
      VirtualAddress.null,
      VirtualAddress.null,
      VirtualAddress.null,
      own.files.block,
      UInt32(0x22_2000),
      data,
      UInt32(4),
      data + 8,
      UInt32(8)
    )
    #expect(status == .success)
    #expect(try memory.load(UInt32.self, at: data + 8) == 42)
    try own.files.close(handle)
  }

  @Test(arguments: Host.few)
  func `a request that fails at once leaves the status block alone`(host: Host) throws {
    let own = try Device(host)
    let handle = try own.files.create("\\Device\\Own").handle
    try own.stack.dispatch(.write) { _, irp in
      try own.stack.complete(irp, .invalidDeviceRequest)
      return .invalidDeviceRequest
    }
    try own.files.memory.store(UInt32(0x55), at: own.files.block.address)
    #expect(try own.files.write([1], to: handle) == .invalidDeviceRequest)
    #expect(try own.files.memory.load(UInt32.self, at: own.files.block.address) == 0x55)
  }

  @Test(arguments: Host.few)
  func `a request on an asynchronous handle goes on while the caller does`(host: Host) throws {
    let own = try Device(host)
    // No FILE_SYNCHRONOUS_IO option.
    let handle = try own.files.create("\\Device\\Own", options: 0x40).handle
    var kept = GuestPointer<IRP>(.null)
    try own.stack.dispatch(.read) { _, irp in
      kept = irp
      try own.files.memory.modify(own.stack.location(of: irp)) {
        $0.control = .pendingReturned
      }
      return .pending
    }
    #expect(try own.files.read(4, from: handle).status == .invalidParameter)
    let read = try own.files.read(4, from: handle, at: 0)
    #expect(read.status == .pending)
    let slot = try own.files.kernel.allocate(8)
    _ = try own.files.kernel.status(
      "ObReferenceObjectByHandle",
      handle,
      UInt32(0),
      VirtualAddress.null,
      ProcessorMode.kernel,
      slot,
      VirtualAddress.null
    )
    let file: GuestPointer<FileObject> = try own.files.memory.load(at: slot)
    let event = own.files.memory[file].address(of: \.event)
    #expect(try own.files.kernel.call("KeReadStateEvent", event) & 0xFFFF_FFFF == 0)
    try own.stack.complete(kept, .success, information: 2)
    #expect(try own.files.kernel.call("KeReadStateEvent", event) & 0xFFFF_FFFF == 1)
    #expect(try own.files.memory[own.files.block].information.rawValue == 2)
  }

  @Test(arguments: Host.few)
  func `a device above the volume sees the requests for its files`(host: Host) throws {
    let own = try Device(host, [])
    let first = try own.files.create("\\DosDevices\\C:\\Temp\\a")
    let slot = try own.files.kernel.allocate(8)
    _ = try own.files.kernel.status(
      "ObReferenceObjectByHandle",
      first.handle,
      UInt32(0),
      VirtualAddress.null,
      ProcessorMode.kernel,
      slot,
      VirtualAddress.null
    )
    let file: GuestPointer<FileObject> = try own.files.memory.load(at: slot)
    let volume = GuestPointer<DeviceObject>(
      try own.files.kernel.pointer("IoGetRelatedDeviceObject", file)
    )
    let lower = GuestPointer<DeviceObject>(
      try own.files.kernel.pointer("IoAttachDeviceToDeviceStack", own.device, volume)
    )
    #expect(lower == volume)
    for function in [MajorFunction.create, .write, .cleanup, .close] {
      try own.stack.dispatch(function) { _, irp in
        own.seen.append(function.rawValue)
        // IoSkipCurrentIrpStackLocation.
        let location = try own.stack.location(of: irp)
        let size = IOStackLocation.size(on: own.files.memory.architecture)
        try own.files.memory.modify(irp) { irp in
          irp.currentLocation += 1
          irp.currentStackLocation = GuestPointer(location.address + size)
        }
        return NTStatus(guestBits: try own.files.kernel.call("IofCallDriver", lower, irp))
      }
    }
    let second = try own.files.create("\\DosDevices\\C:\\Temp\\b")
    #expect(second.status == .success)
    #expect(try own.files.write([1, 2], to: second.handle) == .success)
    try own.files.close(second.handle)
    #expect(own.seen == [0, 4, 18, 2])
  }
}
