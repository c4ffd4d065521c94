import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct FileTests {
  private static let file = "\\DosDevices\\C:\\Temp\\one.txt"

  @Test(arguments: Host.few)
  func `what is written is read back, wherever the position is`(host: Host) throws {
    let files = try FileFixture(host)
    let made = try files.create(Self.file)
    #expect(made.status == .success)
    #expect(made.information == 2)
    let bytes = (0..<100).map { UInt8($0) }
    #expect(try files.write(bytes, to: made.handle) == .success)
    #expect(try files.memory[files.block].information.rawValue == 100)
    // The position is at the end now.
    #expect(try files.read(10, from: made.handle).status == NTStatus(0xC000_0011))
    #expect(try files.read(10, from: made.handle, at: 20).bytes == Array(bytes[20..<30]))
    #expect(try files.read(10, from: made.handle).bytes == Array(bytes[30..<40]))
    #expect(try files.read(50, from: made.handle, at: 90).bytes == Array(bytes[90...]))
    // FILE_WRITE_TO_END_OF_FILE, and a hole that reads as zeros.
    #expect(try files.write([1, 2], to: made.handle, at: -1) == .success)
    #expect(try files.write([9], to: made.handle, at: 110) == .success)
    let tail: [UInt8] = [1, 2] + [UInt8](repeating: 0, count: 8) + [9]
    #expect(try files.read(64, from: made.handle, at: 100).bytes == tail)
    #expect(try files.read(1, from: made.handle, at: -5).status == .invalidParameter)
    try files.close(made.handle)
    #expect(
      try files.kernel.status(
        "ZwReadFile",
        made.handle,
        VirtualAddress.null,
        VirtualAddress.null,
        VirtualAddress.null,
        files.block,
        files.block,
        UInt32(1),
        VirtualAddress.null,
        VirtualAddress.null
      ) == .invalidHandle
    )
  }

  @Test(arguments: Host.few)
  func `a disposition says what becomes of a file that is there, or is not`(host: Host) throws {
    let files = try FileFixture(host)
    // FILE_SUPERSEDE, OPEN, CREATE, OPEN_IF, OVERWRITE, OVERWRITE_IF.
    let missing: [(NTStatus, UInt64)] = [
      (.success, 2), (.objectNameNotFound, 0), (.success, 2), (.success, 2),
      (.objectNameNotFound, 0), (.success, 2),
    ]
    let present: [(status: NTStatus, information: UInt64, isEmpty: Bool)] = [
      (.success, 0, true), (.success, 1, false), (.objectNameCollision, 0, false),
      (.success, 1, false), (.success, 3, true), (.success, 3, true),
    ]
    for disposition in UInt32(0)..<6 {
      let name = "\\DosDevices\\C:\\Temp\\d\(disposition)"
      let first = try files.create(name, disposition: disposition)
      #expect(first.status == missing[Int(disposition)].0, "\(disposition)")
      #expect(first.information == missing[Int(disposition)].1, "\(disposition)")
      if first.status.isSuccess { try files.close(first.handle) }
      let filled = try files.create(name)
      #expect(try files.write([1, 2, 3], to: filled.handle) == .success)
      try files.close(filled.handle)
      let second = try files.create(name, disposition: disposition)
      let expected = present[Int(disposition)]
      #expect(second.status == expected.status, "\(disposition)")
      guard second.status.isSuccess else { continue }
      #expect(second.information == expected.information, "\(disposition)")
      let size = try files.query(5, of: second.handle).bytes.integer(at: 8, 8)
      #expect(size == (expected.isEmpty ? 0 : 3), "\(disposition)")
      try files.close(second.handle)
    }
    #expect(try files.create(Self.file, disposition: 6).status == .invalidParameter)
  }

  @Test(arguments: Host.few)
  func `names lead to files, or say why not`(host: Host) throws {
    let files = try FileFixture(host)
    func status(_ name: String, _ disposition: UInt32 = 1, options: UInt32 = 0x20) throws
      -> NTStatus
    {
      let opened = try files.create(
        "\\DosDevices\\C:" + name,
        disposition: disposition,
        options: options
      )
      if opened.status.isSuccess { try files.close(opened.handle) }
      return opened.status
    }
    #expect(try status("\\Temp\\dir", 2, options: 0x21) == .success)
    #expect(try status("\\Temp\\dir\\file", 2) == .success)
    #expect(try status("\\TEMP\\Dir\\FILE") == .success)
    #expect(try status("\\Temp\\dir\\") == .success)
    #expect(try status("\\Temp\\dir\\file\\") == .objectNameInvalid)
    #expect(try status("\\Temp\\dir\\file\\below") == .objectPathNotFound)
    #expect(try status("\\Temp\\none\\file") == .objectPathNotFound)
    #expect(try status("\\Temp\\none") == .objectNameNotFound)
    #expect(try status("\\Temp\\\\dir") == .objectNameInvalid)
    #expect(try status("\\Temp\\a*", 2) == .objectNameInvalid)
    #expect(try status("\\Temp\\dir", 1, options: 0x60) == NTStatus(0xC000_00BA))
    #expect(try status("\\Temp\\dir\\file", 1, options: 0x21) == NTStatus(0xC000_0103))
    // A name relative to a directory that is open.
    let directory = try files.create("\\DosDevices\\C:\\Temp\\dir", options: 0x21)
    let relative = try files.create("file", in: directory.handle, disposition: 1)
    #expect(relative.status == .success)
    let name = try files.query(9, of: relative.handle).bytes
    #expect(name.integer(at: 0, 4) == UInt64("\\Temp\\dir\\file".utf16.count * 2))
  }

  @Test(arguments: Host.few)
  func `who has a file open says who may open it`(host: Host) throws {
    let files = try FileFixture(host)
    let all: [UInt32] = [0, FileFixture.read, FileFixture.write, FileFixture.delete]
    for first in all {
      for firstShare in UInt32(0)..<8 {
        let one = try files.create(Self.file, access: first | 0x80, share: firstShare)
        #expect(one.status == .success)
        for second in all {
          for secondShare in UInt32(0)..<8 {
            let two = try files.create(Self.file, access: second | 0x80, share: secondShare)
            let bit = { (access: UInt32) -> UInt32 in
              switch access {
              case FileFixture.read: 1
              case FileFixture.write: 2
              case FileFixture.delete: 4
              default: 0
              }
            }
            let (mine, yours) = (bit(second), bit(first))
            let isAllowed =
              mine == 0 || yours == 0
              || (mine & firstShare != 0 && yours & secondShare != 0)
            #expect(
              two.status == (isAllowed ? .success : NTStatus(0xC000_0043)),
              "\(first) \(firstShare) \(second) \(secondShare)"
            )
            if two.status.isSuccess { try files.close(two.handle) }
          }
        }
        try files.close(one.handle)
      }
    }
  }

  @Test(arguments: Host.few)
  func `a file that is to be deleted goes with its last handle`(host: Host) throws {
    let files = try FileFixture(host)
    let one = try files.create(Self.file, access: FileFixture.delete | FileFixture.write, share: 7)
    let two = try files.create(Self.file, access: FileFixture.read, share: 7)
    #expect(try files.set(13, of: one.handle, to: [1]) == .success)
    #expect(try files.query(5, of: two.handle).bytes[20] == 1)
    #expect(try files.create(Self.file, share: 7).status == NTStatus(0xC000_0056))
    try files.close(one.handle)
    #expect(try files.create(Self.file, share: 7).status == NTStatus(0xC000_0056))
    try files.close(two.handle)
    #expect(try files.create(Self.file, disposition: 1).status == .objectNameNotFound)
    // ZwDeleteFile and FILE_DELETE_ON_CLOSE; a read-only file and a full directory stay.
    try files.close(files.create(Self.file).handle)
    #expect(try files.kernel.status("ZwDeleteFile", files.attributes(Self.file)) == .success)
    #expect(try files.create(Self.file, disposition: 1).status == .objectNameNotFound)
    let readOnly = try files.create(Self.file, fileAttributes: 1)
    #expect(readOnly.status == .success)
    #expect(try files.set(13, of: readOnly.handle, to: [1]) == NTStatus(0xC000_0121))
    let parent = try files.create("\\DosDevices\\C:\\Temp", options: 0x21)
    #expect(try files.set(13, of: parent.handle, to: [1]) == NTStatus(0xC000_0101))
  }

  @Test(arguments: Host.few)
  func `a file can be made longer or shorter, renamed and described`(host: Host) throws {
    let files = try FileFixture(host)
    let one = try files.create(
      Self.file,
      access: FileFixture.read | FileFixture.write | FileFixture.delete
    )
    #expect(try files.write([1, 2, 3, 4], to: one.handle) == .success)
    #expect(
      try files.set(20, of: one.handle, to: [2] + [UInt8](repeating: 0, count: 7)) == .success
    )
    #expect(
      try files.set(20, of: one.handle, to: [4] + [UInt8](repeating: 0, count: 7)) == .success
    )
    #expect(try files.read(9, from: one.handle, at: 0).bytes == [1, 2, 0, 0])
    #expect(try files.query(5, of: one.handle).bytes.integer(at: 0, 8) == 4096)
    #expect(try files.query(5, of: one.handle, room: 23).status == .infoLengthMismatch)
    #expect(try files.query(14, of: one.handle).bytes.integer(at: 0, 8) == 4)
    #expect(try files.query(16, of: one.handle).bytes.integer(at: 0, 4) == 0x20)
    #expect(try files.query(200, of: one.handle).status == .invalidInfoClass)
    // A name that is cut off.
    let name = try files.query(9, of: one.handle, room: 8)
    #expect(name.status == .bufferOverflow)
    #expect(name.bytes.integer(at: 0, 4) == UInt64("\\Temp\\one.txt".utf16.count * 2))
    let width = files.memory.architecture.pointerSize
    func rename(to text: String, replacing: Bool) throws -> NTStatus {
      let units = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
      var bytes = [UInt8](repeating: 0, count: 2 * width + 4)
      bytes[0] = replacing ? 1 : 0
      bytes[2 * width] = UInt8(units.count)
      return try files.set(10, of: one.handle, to: bytes + units)
    }
    try files.close(files.create("\\DosDevices\\C:\\Temp\\two.txt").handle)
    #expect(try rename(to: "two.txt", replacing: false) == .objectNameCollision)
    #expect(try rename(to: "\\DosDevices\\C:\\two.txt", replacing: false) == .success)
    #expect(try rename(to: "\\DosDevices\\C:\\Temp\\two.txt", replacing: true) == .success)
    try files.close(one.handle)
    let two = try files.create("\\DosDevices\\C:\\Temp\\two.txt", disposition: 1)
    #expect(try files.read(9, from: two.handle, at: 0).bytes == [1, 2, 0, 0])
  }

  @Test(arguments: Host.few)
  func `a directory is listed in the order of its names`(host: Host) throws {
    let files = try FileFixture(host)
    let names = (0..<40).map { "file\($0 * 7 % 40).\($0 % 2 == 0 ? "txt" : "bin")" }
    for name in names { try files.close(files.create("\\DosDevices\\C:\\Temp\\" + name).handle) }
    let directory = try files.create(
      "\\DosDevices\\C:\\Temp",
      access: FileFixture.read,
      options: 0x21
    )
    let sorted = names.sorted { $0.uppercased() < $1.uppercased() }
    #expect(try files.list(directory.handle, nil) == [".", ".."] + sorted)
    try files.close(directory.handle)
    let again = try files.create("\\DosDevices\\C:\\Temp", access: FileFixture.read, options: 0x21)
    #expect(
      try files.list(again.handle, "*.TXT", room: 128) == sorted.filter { $0.hasSuffix("txt") }
    )
  }

  @Test(arguments: Host.few)
  func `locked ranges keep others out`(host: Host) throws {
    let files = try FileFixture(host)
    let one = try files.create(Self.file, share: 7)
    let two = try files.create(Self.file, share: 7)
    #expect(try files.write([UInt8](repeating: 5, count: 64), to: one.handle) == .success)
    let range = try files.kernel.allocate(16)
    try files.memory.store(Int64(16), at: range)
    try files.memory.store(Int64(8), at: range + 8)
    func lock(_ handle: VirtualAddress, isExclusive: Bool) throws -> NTStatus {
      try files.kernel.status(
        "ZwLockFile",
        handle,
        VirtualAddress.null,
        VirtualAddress.null,
        VirtualAddress.null,
        files.block,
        range,
        range + 8,
        UInt32(0),
        true,
        isExclusive
      )
    }
    #expect(try lock(one.handle, isExclusive: true) == .success)
    #expect(try lock(two.handle, isExclusive: false) == NTStatus(0xC000_0055))
    #expect(try files.read(4, from: two.handle, at: 20).status == NTStatus(0xC000_0054))
    #expect(try files.read(16, from: two.handle, at: 0).status == .success)
    #expect(try files.write([1], to: one.handle, at: 20) == .success)
    func unlock(_ handle: VirtualAddress) throws -> NTStatus {
      try files.kernel.status("ZwUnlockFile", handle, files.block, range, range + 8, UInt32(0))
    }
    #expect(try unlock(two.handle) == NTStatus(0xC000_007E))
    #expect(try unlock(one.handle) == .success)
    #expect(try lock(two.handle, isExclusive: false) == .success)
    #expect(try files.write([1], to: one.handle, at: 20) == NTStatus(0xC000_0054))
    try files.close(two.handle)
    #expect(try files.write([1], to: one.handle, at: 20) == .success)
  }

  @Test(arguments: Release.allCases.filter { $0.runs(on: .x86) })
  func `the system's directory has its release's name`(release: Release) throws {
    let files = try FileFixture(Host(release: release, architecture: .x86))
    let name: String
    switch release {
    case ..<Release.nt350: name = "WINNT"
    case ..<Release.nt400: name = "WINNT35"
    case ..<Release.wxp: name = "WINNT"
    default: name = "Windows"
    }
    #expect(
      try files.create("\\SystemRoot\\Temp", disposition: 1, options: 0x21).status == .success
    )
    let byLetter = "\\DosDevices\\C:\\\(name)\\System32\\drivers"
    #expect(try files.create(byLetter, share: 7, disposition: 1, options: 0x21).status == .success)
    let partition = "\\Device\\Harddisk0\\Partition1\\\(name)"
    #expect(try files.create(partition, disposition: 1, options: 0x21).status == .success)
  }

  @Test(arguments: Host.few)
  func `a file that only a real machine has is not said to be missing`(host: Host) throws {
    let files = try FileFixture(host)
    for name in ["System32\\ntdll.dll", "System32\\drivers\\ndis.sys", "explorer.exe"] {
      #expect(throws: Unmodelled.self) {
        try files.create("\\SystemRoot\\" + name, disposition: 1)
      }
    }
    let own = try files.create("\\SystemRoot\\System32\\drivers\\mydriver.ini", disposition: 1)
    #expect(own.status == .objectNameNotFound)
  }

  @Test(arguments: Host.few)
  func `a volume is bounded, and nothing a driver writes makes it grow further`(host: Host) throws {
    let files = try FileFixture(host)
    let one = try files.create(Self.file)
    #expect(try files.write([1], to: one.handle, at: .max - 10) == NTStatus(0xC000_007F))
    #expect(
      try files.set(20, of: one.handle, to: [UInt8](repeating: 0x7F, count: 8))
        == NTStatus(0xC000_007F)
    )
    #expect(try files.query(5, of: one.handle).bytes.integer(at: 8, 8) == 0)
  }
}
