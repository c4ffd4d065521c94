import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct StreamFileTests {
  @Test(arguments: Host.few, ["IoCreateStreamFileObject", "IoCreateStreamFileObjectLite"])
  func `a stream is cleaned up at once, or never, and closed with its last reference`(
    host: Host,
    routine: String
  ) throws {
    let files = try FileFixture(host)
    let stack = try DriverStack(files.kernel)
    let device = try stack.makeDevice()
    var seen: [UInt8] = []
    for function in MajorFunction.allCases {
      try stack.dispatch(function) { _, irp in
        seen.append(function.rawValue)
        try stack.complete(irp, .success)
        return .success
      }
    }
    let file = GuestPointer<FileObject>(
      try files.kernel.pointer(routine, VirtualAddress.null, device)
    )
    #expect(seen == (routine.hasSuffix("Lite") ? [] : [18]))
    #expect(try files.memory[file].deviceObject == device)
    // FO_STREAM_FILE.
    #expect(try files.memory[file].flags & 0x100 != 0)
    #expect(try files.memory[device].referenceCount == 1)
    try files.kernel.call("ObfDereferenceObject", file)
    #expect(seen.last == 2)
    #expect(try files.memory[device].referenceCount == 0)
  }

  @Test(arguments: Host.few)
  func `pool for file systems is there, or its lack is raised`(host: Host) throws {
    let files = try FileFixture(host)
    let block = try files.kernel.pointer(
      "FsRtlAllocatePoolWithTag",
      UInt32(1),
      GuestWord(64),
      UInt32(1)
    )
    #expect(block != .null)
    try files.kernel.call("ExFreePool", block)
    let error = #expect(throws: RaisedStatus.self) {
      try files.kernel.call("FsRtlAllocatePool", UInt32(0), GuestWord(0x3000_0000))
    }
    #expect(error?.status == .insufficientResources)
  }
}
