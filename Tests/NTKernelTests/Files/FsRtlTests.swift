import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct FsRtlTests {
  struct Match: Sendable, CustomTestStringConvertible {
    let expression: String
    let name: String
    let isFitting: Bool
    var testDescription: String { "\(expression) \(name)" }
  }

  /// The examples of the documentation, and those of DOS programs with the wild cards that a program's
  /// `*.` and `?` turn into.
  static let matches =
    [
      ("*", "", true), ("*", "ANYTHING.TXT", true), ("", "", true), ("", "A", false),
      ("*.TXT", "A.TXT", true), ("*.TXT", "A.TXT2", false), ("*.TXT", ".TXT", true),
      ("A?C", "ABC", true), ("A?C", "AC", false), ("A*C*E", "ABCDE", true),
      ("*A*A*A*B", "AAAAAAAAAAAAAAAAAAAAAA", false), ("ABC", "ABC", true), ("ABC", "ABCD", false),
      // DOS_STAR goes up to the last dot.
      ("<.TXT", "A.B.TXT", true), ("<\"*", "NOEXT", true), ("<.", "A.", true),
      // DOS_QM fits nothing before a dot and at the end.
      ("A>>>", "A", true), ("A>>>", "AB", true), ("A>>>", "ABCDE", false), (">>>.C", "A.C", true),
      // DOS_DOT fits a dot, or the end.
      ("A\"", "A", true), ("A\"", "A.", true), ("A\"B", "AB", false), ("A\"B", "A.B", true),
    ].map { Match(expression: $0, name: $1, isFitting: $2) }

  @Test(arguments: matches)
  func `an expression fits the names that the documentation says`(match: Match) throws {
    let files = try FileFixture(Host(release: .win7, architecture: .x64))
    let fits = try files.kernel.call(
      "FsRtlIsNameInExpression",
      files.string(match.expression),
      files.string(match.name.lowercased()),
      true,
      VirtualAddress.null
    )
    #expect(fits & 0xFF == (match.isFitting ? 1 : 0))
    let isWild = match.expression.contains { "*?<>\"".contains($0) }
    let found = try files.kernel.call(
      "FsRtlDoesNameContainWildCards",
      files.string(match.expression)
    )
    #expect(found & 0xFF == (isWild ? 1 : 0))
  }

  @Test func `a long expression takes no longer than its length times the name's`() throws {
    let files = try FileFixture(Host(release: .win7, architecture: .x64))
    let expression = String(repeating: "*A", count: 1000)
    let name = String(repeating: "A", count: 999)
    let fits = try files.kernel.call(
      "FsRtlIsNameInExpression",
      files.string(expression),
      files.string(name),
      false,
      VirtualAddress.null
    )
    #expect(fits & 0xFF == 0)
  }

  @Test(arguments: [
    (0x8000_0002 as UInt32, false), (0xC000_0005, false), (0xC000_001D, false),
    (0xC000_00AA, false), (0xC000_000D, true), (0xC000_009A, true),
  ])
  func `exceptions that are bugs are not expected`(bits: UInt32, isExpected: Bool) throws {
    let files = try FileFixture(Host(release: .win7, architecture: .x86))
    let status = NTStatus(bits)
    let expected = try files.kernel.call("FsRtlIsNtstatusExpected", status)
    #expect(expected & 0xFF == (isExpected ? 1 : 0))
    let other = NTStatus(0xC000_00E9)
    #expect(
      try files.kernel.status("FsRtlNormalizeNtstatus", status, other)
        == (isExpected ? status : other)
    )
  }

  /// A `FILE_LOCK`, and requests to it.
  private struct Locks {
    let files: FileFixture
    let stack: DriverStack
    let lock: VirtualAddress
    let range: VirtualAddress

    init(_ host: Host, unlock: VirtualAddress = .null) throws {
      files = try FileFixture(host)
      stack = try DriverStack(files.kernel)
      lock = try files.kernel.allocate(0x60)
      range = try files.kernel.allocate(16)
      try files.kernel.call("FsRtlInitializeFileLock", lock, VirtualAddress.null, unlock)
    }

    /// Sends a lock request: minor function, flags, range.
    func process(
      _ minor: UInt8,
      _ flags: UInt8,
      _ start: Int64,
      _ count: Int64,
      file: UInt64 = 0x1000,
      key: UInt32 = 0
    ) throws -> NTStatus {
      let memory = files.memory
      let irp = GuestPointer<IRP>(try files.kernel.pointer("IoAllocateIrp", Int8(1), false))
      let location = GuestPointer<IOStackLocation>(
        try stack.location(of: irp).address + -IOStackLocation.size(on: memory.architecture)
      )
      try memory.store(count, at: range)
      let thread = files.kernel.dispatcher.current.body
      let length = GuestPointer<Int64>(range)
      try memory.modify(location) { location in
        location.majorFunction = 17
        location.minorFunction = minor
        location.flags = flags
        location.lockLength = length
        location.byteOffset = start
        location.key = key
        location.fileObject = GuestPointer(VirtualAddress(rawValue: file))
      }
      try memory.modify(irp) { irp in
        irp.currentLocation = 1
        irp.currentStackLocation = location
        irp.thread = thread
      }
      return try files.kernel.status("FsRtlProcessFileLock", lock, irp, VirtualAddress.null)
    }

    func canRead(_ start: Int64, _ count: Int64, file: UInt64) throws -> Bool {
      try files.memory.store(start, at: range)
      try files.memory.store(count, at: range + 8)
      let process = try files.kernel.pointer("IoGetCurrentProcess")
      return try files.kernel.call(
        "FsRtlFastCheckLockForRead",
        lock,
        range,
        range + 8,
        UInt32(0),
        VirtualAddress(rawValue: file),
        process
      ) & 0xFF == 1
    }

    var isQuestionable: Bool {
      get throws {
        try files.memory.load(Bool.self, at: lock + 2 * files.memory.architecture.pointerSize)
      }
    }
  }

  @Test(arguments: Host.few)
  func `an exclusive lock keeps others from reading, a shared one from writing`(host: Host) throws {
    let locks = try Locks(host)
    #expect(try !locks.isQuestionable)
    #expect(try locks.process(1, 3, 100, 50) == .success)
    #expect(try locks.isQuestionable)
    #expect(try locks.canRead(100, 50, file: 0x1000))
    #expect(try !locks.canRead(149, 1, file: 0x2000))
    #expect(try locks.canRead(150, 10, file: 0x2000))
    #expect(try locks.canRead(0, 100, file: 0x2000))
    // SL_FAIL_IMMEDIATELY alone: a shared lock.
    #expect(try locks.process(1, 1, 120, 1, file: 0x2000) == NTStatus(0xC000_0055))
    #expect(try locks.process(1, 1, 200, 10, file: 0x2000) == .success)
    #expect(try locks.process(1, 1, 205, 10) == .success)
    #expect(try locks.process(1, 3, 205, 1) == NTStatus(0xC000_0055))
    #expect(try locks.process(2, 0, 100, 49) == NTStatus(0xC000_007E))
    #expect(try locks.process(2, 0, 100, 50) == .success)
    #expect(try locks.process(3, 0, 0, 0) == .success)
    #expect(try locks.isQuestionable)
    #expect(try locks.process(3, 0, 0, 0, file: 0x2000) == .success)
    #expect(try !locks.isQuestionable)
    #expect(try locks.process(9, 0, 0, 0) == .invalidDeviceRequest)
  }

  @Test(arguments: Host.few)
  func `share access counts what the files do and allow`(host: Host) throws {
    let files = try FileFixture(host)
    let counts = try files.kernel.allocate(32)
    let size = FileObject.size(on: files.memory.architecture)
    let first = try files.kernel.allocate(size)
    let second = try files.kernel.allocate(size)
    // Read, shared for reading.
    try files.kernel.call("IoSetShareAccess", UInt32(1), UInt32(1), first, counts)
    func words() throws -> [UInt32] {
      try (0..<7).map { try files.memory.load(at: counts + $0 * 4) }
    }
    #expect(try words() == [1, 1, 0, 0, 1, 0, 0])
    let denied = try files.kernel.status(
      "IoCheckShareAccess",
      UInt32(2),
      UInt32(3),
      second,
      counts,
      true
    )
    #expect(denied == NTStatus(0xC000_0043))
    #expect(try words() == [1, 1, 0, 0, 1, 0, 0])
    let allowed = try files.kernel.status(
      "IoCheckShareAccess",
      UInt32(0x20),
      UInt32(7),
      second,
      counts,
      true
    )
    #expect(allowed == .success)
    #expect(try words() == [2, 2, 0, 0, 2, 1, 1])
    #expect(try files.memory[GuestPointer<FileObject>(second)].sharedDelete)
    try files.kernel.call("IoRemoveShareAccess", second, counts)
    #expect(try words() == [1, 1, 0, 0, 1, 0, 0])
    try files.kernel.call("IoUpdateShareAccess", second, counts)
    #expect(try words() == [2, 2, 0, 0, 2, 1, 1])
  }

  @Test(arguments: Host.few)
  func `a list of extended attributes is valid or names the entry that is not`(host: Host) throws {
    let files = try FileFixture(host)
    func entry(next: UInt32, name: String, value: [UInt8], terminator: UInt8 = 0) -> [UInt8] {
      var bytes = (0..<4).map { UInt8(truncatingIfNeeded: next >> ($0 * 8)) }
      bytes += [0, UInt8(name.utf8.count), UInt8(value.count), 0]
      bytes += Array(name.utf8) + [terminator] + value
      while bytes.count % 4 != 0 { bytes.append(0) }
      return bytes
    }
    func check(_ bytes: [UInt8], length: Int? = nil) throws -> (NTStatus, UInt32) {
      let buffer = try files.kernel.allocate(bytes.count + 16)
      try files.memory.store(bytes: bytes, at: buffer + 8)
      let status = try files.kernel.status(
        "IoCheckEaBufferValidity",
        buffer + 8,
        UInt32(length ?? bytes.count),
        buffer
      )
      return (status, try files.memory.load(at: buffer))
    }
    let one = entry(next: 16, name: "ABC", value: [1, 2, 3, 4])
    #expect(one.count == 16)
    let last = entry(next: 0, name: "D", value: [1, 2])
    #expect(try check(one + last).0 == .success)
    let inconsistent = NTStatus(0x8000_0014)
    #expect(try check(one + last, length: 20) == (inconsistent, 16))
    #expect(
      try check(one + entry(next: 0, name: "D", value: [], terminator: 1)) == (inconsistent, 16)
    )
    #expect(
      try check(entry(next: 12, name: "ABC", value: [1, 2, 3, 4]) + last) == (inconsistent, 0)
    )
    #expect(try check([], length: 0).0 == inconsistent)
  }

  @Test(arguments: [Release.w2k, .wxp, .win10_1507])
  func `who asks is told of file systems, since XP also of those that are there`(
    release: Release
  ) throws {
    let files = try FileFixture(Host(release: release, architecture: .x86))
    var told: [(device: UInt64, isActive: UInt64)] = []
    let routine = files.kernel.routine { call in
      told.append((call.arguments[0].bits, call.arguments[1].bits))
      return 0
    }
    let driver = VirtualAddress(rawValue: 0x1234)
    let status = try files.kernel.status("IoRegisterFsRegistrationChange", driver, routine)
    #expect(status == .success)
    #expect(told.count == (release >= .wxp ? 1 : 0))
    told = []
    let stack = try DriverStack(files.kernel)
    let device = try stack.makeDevice()
    try files.kernel.call("IoRegisterFileSystem", device)
    #expect(try files.memory[device].referenceCount == 1)
    try files.kernel.call("IoUnregisterFileSystem", device)
    #expect(told.map(\.device) == [device.address.rawValue, device.address.rawValue])
    #expect(told.map(\.isActive) == [1, 0])
    try files.kernel.call("IoUnregisterFsRegistrationChange", driver, routine)
    try files.kernel.call("IoRegisterFileSystem", device)
    #expect(told.count == 2)
  }
}
