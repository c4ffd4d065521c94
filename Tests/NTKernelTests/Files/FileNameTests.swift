import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct FileNameTests {
  /// The file object of a handle.
  private func object(_ files: FileFixture, _ handle: VirtualAddress) throws -> VirtualAddress {
    let slot = try files.kernel.allocate(8)
    let status = try files.kernel.status(
      "ObReferenceObjectByHandle",
      handle,
      UInt32(0),
      VirtualAddress.null,
      ProcessorMode.kernel,
      slot,
      VirtualAddress.null
    )
    #expect(status == .success)
    return try files.memory.load(at: slot)
  }

  @Test(arguments: Host.few)
  func `a file's name begins with its device's`(host: Host) throws {
    let files = try FileFixture(host)
    let handle = try files.create("\\DosDevices\\C:\\Temp\\Name.txt").handle
    let file = try object(files, handle)
    let buffer = try files.kernel.allocate(256)
    let length = try files.kernel.allocate(8)
    let status = try files.kernel.status("ObQueryNameString", file, buffer, UInt32(256), length)
    #expect(status == .success)
    let device = host.release >= .w2k ? "HarddiskVolume1" : "Harddisk0\\Partition1"
    let name = try files.memory.text(of: GuestPointer(buffer))
    #expect(name == "\\Device\\\(device)\\Temp\\Name.txt")
    let short = try files.kernel.status("ObQueryNameString", file, buffer, UInt32(20), length)
    #expect(short == .infoLengthMismatch)
    let slot = try files.kernel.allocate(8)
    #expect(try files.kernel.status("IoQueryFileDosDeviceName", file, slot) == .success)
    let dos: GuestPointer<CountedString> = try files.memory.load(at: slot)
    #expect(try files.memory.text(of: dos) == "C:\\Temp\\Name.txt")
  }

  @Test(arguments: Host.few)
  func `a file object can be given another name`(host: Host) throws {
    let files = try FileFixture(host)
    let file = try object(files, files.create("\\DosDevices\\C:\\Temp\\a").handle)
    let field = files.memory[GuestPointer<FileObject>(file)].address(of: \.fileName)
    for name in ["\\b", "\\a\\much\\longer\\name\\than\\before"] {
      let text = try files.memory[files.string(name)].buffer
      let status = try files.kernel.status(
        "IoReplaceFileObjectName",
        file,
        text,
        UInt16(name.utf16.count * 2)
      )
      #expect(status == .success)
      #expect(try files.memory.text(of: GuestPointer(field)) == name)
    }
  }

  @Test(arguments: Host.few)
  func `the machine has one group of one processor`(host: Host) throws {
    let files = try FileFixture(host)
    let buffer = try files.kernel.allocate(128)
    let length = try files.kernel.allocate(8)
    func query() throws -> NTStatus {
      try files.kernel.status(
        "KeQueryLogicalProcessorRelationship",
        VirtualAddress.null,
        UInt32(4),
        buffer,
        length
      )
    }
    #expect(try query() == .infoLengthMismatch)
    let size: UInt32 = try files.memory.load(at: length)
    #expect(size == (host.architecture == .x86 ? 76 : 80))
    #expect(try query() == .success)
    #expect(try files.memory.load(UInt32.self, at: buffer + 4) == size)
    #expect(try files.memory.load(UInt8.self, at: buffer + 33) == 1)
    #expect(try files.memory.load(UInt32.self, at: buffer + 72) == 1)
  }
}
