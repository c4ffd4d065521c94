import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct RunOnceTests {
  private let routine = VirtualAddress(rawValue: 0x9001)

  @Test(arguments: Architecture.allCases)
  func `a routine runs until it has succeeded once`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let (once, context) = (try fixture.allocate(8), try fixture.allocate(8))
    var calls = 0
    fixture.routines[routine] = { [unowned fixture] call in
      calls += 1
      #expect(call.arguments.map(\.bits) == [once.rawValue, 0x77, context.rawValue])
      try fixture.memory.store(VirtualAddress(rawValue: 0x1000), at: context)
      return calls < 2 ? 0 : 1
    }
    _ = try fixture.call("RtlRunOnceInitialize", once)
    func run() throws -> NTStatus {
      let parameter = VirtualAddress(rawValue: 0x77)
      let name = "RtlRunOnceExecuteOnce"
      return NTStatus(guestBits: try fixture.call(name, once, routine, parameter, context))
    }
    #expect(try run() == .unsuccessful)
    #expect(try run() == .success)
    try fixture.memory.store(VirtualAddress.null, at: context)
    #expect(try run() == .success)
    #expect(calls == 2)
    #expect(try fixture.memory.load(VirtualAddress.self, at: context).rawValue == 0x1000)
  }

  @Test(arguments: Architecture.allCases)
  func `who begins is told whether to initialise`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let (once, context) = (try fixture.allocate(8), try fixture.allocate(8))
    func begin(_ flags: UInt32) throws -> NTStatus {
      NTStatus(guestBits: try fixture.call("RtlRunOnceBeginInitialize", once, flags, context))
    }
    func complete(_ flags: UInt32, _ value: Int) throws -> NTStatus {
      let value = GuestWord(value)
      return NTStatus(guestBits: try fixture.call("RtlRunOnceComplete", once, flags, value))
    }
    #expect(try begin(1) == .unsuccessful)
    #expect(try complete(0, 0) == .unsuccessful)
    #expect(try begin(0) == .pending)
    #expect(fixture.unmodelled { try begin(0) } != nil)
    #expect(try complete(0, 3) == .invalidParameter)
    #expect(try complete(4, 0) == .success)
    #expect(try begin(2) == .pending)
    #expect(try begin(2) == .pending)
    #expect(try complete(2, 0x40) == .success)
    #expect(try complete(2, 0x40) == .unsuccessful)
    #expect(try begin(0) == .success)
    #expect(try fixture.memory.load(VirtualAddress.self, at: context).rawValue == 0x40)
  }

  private static let kernels: [(release: Release, architecture: Architecture)] =
    Release.allCases.flatMap { release in
      Architecture.allCases.filter { release.addressLimits(for: $0.platform) != nil }
        .map { (release, $0) }
    }.filter { $0.release.rtlGetVersion != nil }

  @Test(arguments: kernels)
  func `a version is compared with that of the system`(
    kernel: (release: Release, architecture: Architecture)
  ) throws {
    let fixture = try KernelFixture(kernel.release, kernel.architecture)
    let version = try #require(kernel.release.rtlGetVersion)
    let block = try fixture.manager.allocatePool(284, .nonpaged, tag: 0x7265_7656)
    let information = try #require(block)
    func verify(_ fields: [(type: UInt32, place: Int, value: Int)], _ condition: UInt8) throws
      -> NTStatus
    {
      try fixture.memory.fill(at: information, count: 284)
      var mask: UInt64 = 0
      var types: UInt32 = 0
      for field in fields {
        types |= field.type
        try fixture.memory.store(UInt32(field.value), at: information + field.place)
        mask = try fixture.call("VerSetConditionMask", mask, field.type, condition)
      }
      return NTStatus(
        guestBits: try fixture.call("RtlVerifyVersionInfo", information, types, mask)
      )
    }
    let (major, minor) = (Int(version.majorVersion), Int(version.minorVersion))
    // VER_GREATER_EQUAL is 3, VER_EQUAL 1, VER_LESS 4.
    #expect(try verify([(2, 4, major), (1, 8, minor)], 3) == .success)
    #expect(try verify([(2, 4, major - 1), (1, 8, minor + 9)], 3) == .success)
    #expect(try verify([(2, 4, major + 1), (1, 8, 0)], 3) == .revisionMismatch)
    #expect(try verify([(2, 4, major), (1, 8, minor + 1)], 3) == .revisionMismatch)
    #expect(try verify([(2, 4, major), (1, 8, minor)], 1) == .success)
    #expect(try verify([(2, 4, major), (1, 8, minor)], 4) == .revisionMismatch)
    #expect(try verify([(4, 12, Int(version.build))], 1) == .success)
    #expect(try verify([(4, 12, Int(version.build) + 1)], 3) == .revisionMismatch)
    #expect(try verify([], 3) == .invalidParameter)
    let packed = UInt32(major) << 24 | UInt32(minor) << 16
    let pack = UInt32(kernel.release.servicePack)
    func holds(_ name: String, _ version: UInt32) throws -> Bool {
      try fixture.call(name, version) & 0xFF == 1
    }
    #expect(try holds("RtlIsNtDdiVersionAvailable", packed))
    #expect(try holds("RtlIsNtDdiVersionAvailable", 0x0500_0000))
    #expect(try !holds("RtlIsNtDdiVersionAvailable", packed + 0x1_0000))
    #expect(try holds("RtlIsServicePackVersionInstalled", packed | pack << 8))
    #expect(try !holds("RtlIsServicePackVersionInstalled", packed | (pack + 1) << 8))
    #expect(try !holds("RtlIsServicePackVersionInstalled", packed - 0x1_0000))
  }
}
