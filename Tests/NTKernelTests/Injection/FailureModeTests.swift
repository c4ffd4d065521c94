import NTKernel
import NTReleases
import NTStructures
import Testing

@testable import GuestABI

/// How routines fail, as the table says.
@Suite struct FailureModeTests {
  @Test(arguments: Architecture.allCases)
  func `every routine in the table is one that is modelled, with its parameters`(
    architecture: Architecture
  ) throws {
    let kernel = try KernelFixture(.win7, architecture).kernel
    let exports = Dictionary(
      kernel.exports.map { ($0.name, $0) },
      uniquingKeysWith: { $1 }
    )
    let modes = kernel.failureModes
    #expect(Set(modes.map(\.name)).count == modes.count)
    for mode in modes {
      let export = try #require(exports[mode.name], "\(mode.name)")
      // Those whose arguments do not matter declare none.
      #expect([0, export.parameterSize].contains(mode.parameterSize), "\(mode.name)")
      #expect(!mode.evidence.citation.isEmpty)
    }
  }

  /// Returns how a call would fail.
  private func failure(
    _ name: String,
    on fixture: KernelFixture,
    _ arguments: UInt64...
  ) throws -> InjectedFailure? {
    let mode = try #require(fixture.kernel.failureModes.first { $0.name == name })
    let call = GuestCall(
      function: .null,
      arguments: arguments.map { ($0, 4) },
      convention: .nt
    )
    var start = CallFrame.Registers()
    start.rsp = fixture.dispatcher.current.stack.upperBound.rawValue - 0x100
    let registers = try call.registers(from: start, in: fixture.memory, returningTo: .null)
    var frame = CallFrame(memory: fixture.memory, registers: registers)
    return try mode.failure(of: &frame)
  }

  @Test(arguments: Architecture.allCases)
  func `pool returns NULL, or raises if the caller asks for it`(architecture: Architecture) throws {
    let fixture = try KernelFixture(.win10_2004, architecture)
    let raises = InjectedFailure.raises(.insufficientResources)
    for name in ["ExAllocatePool", "ExAllocatePoolWithTag", "ExAllocatePoolWithTagPriority"] {
      #expect(try failure(name, on: fixture, 0, 16, 1, 0) == .null)
      #expect(try failure(name, on: fixture, 1, 16, 1, 0) == .null)
      #expect(try failure(name, on: fixture, 16, 16, 1, 0) == raises)
      // Must-succeed pool has a reserve.
      #expect(try failure(name, on: fixture, 2, 16, 1, 0) == nil)
    }
    for name in ["ExAllocatePoolWithQuota", "ExAllocatePoolWithQuotaTag"] {
      #expect(try failure(name, on: fixture, 0, 16, 1) == raises)
      #expect(try failure(name, on: fixture, 8, 16, 1) == .null)
    }
  }

  @Test(arguments: Release.allCases.filter { $0.runs(on: .x86) })
  func `a mapping that cannot fail stops the system, from Windows 2000 on unless the MDL allows it`(
    release: Release
  ) throws {
    let fixture = try KernelFixture(release, .x86)
    let mdl = try #require(
      try fixture.manager.allocateMDL(for: VirtualAddress(rawValue: 0x1_0123), byteCount: 0x1000)
    )
    func failure(_ mode: UInt64) throws -> InjectedFailure? {
      try self.failure("MmMapLockedPages", on: fixture, mdl.address.rawValue, mode)
    }
    guard case .stops(let bugCheck) = try failure(0) else {
      Issue.record("it does not stop")
      return
    }
    #expect(bugCheck.code.rawValue == 0x3F)
    #expect(try failure(1) == .raises(.noMemory))
    try fixture.memory.modify(mdl) { $0.flags.formUnion(.mappingCanFail) }
    let isHonoured = Behaviour(of: release).mappingCanFailFlagIsHonoured
    #expect(try failure(0) == (isHonoured ? .null : .stops(bugCheck)))
  }

  @Test(arguments: Architecture.allCases)
  func `a mapping with a cache type returns NULL, stops or raises as asked`(
    architecture: Architecture
  ) throws {
    let fixture = try KernelFixture(.win7, architecture)
    let mdl = try #require(
      try fixture.manager.allocateMDL(for: VirtualAddress(rawValue: 0x1_0123), byteCount: 0x1000)
    )
    func failure(_ mode: UInt64, _ stops: UInt64) throws -> InjectedFailure? {
      try self.failure(
        "MmMapLockedPagesSpecifyCache",
        on: fixture,
        mdl.address.rawValue,
        mode,
        1,
        0,
        stops,
        16
      )
    }
    #expect(try failure(0, 0) == .null)
    #expect(try failure(1, 0) == .raises(.noMemory))
    #expect(try failure(1, 1) == .raises(.noMemory))
    guard case .stops(let bugCheck) = try failure(0, 1) else {
      Issue.record("it does not stop")
      return
    }
    #expect(bugCheck.code.rawValue == 0x3F)
  }

  @Test(arguments: Architecture.allCases)
  func `what allocates only if it is asked to fails only then`(architecture: Architecture) throws {
    let fixture = try KernelFixture(.win7, architecture)
    #expect(try failure("MmCreateMdl", on: fixture, 0, 0x1000, 16) == .null)
    #expect(try failure("MmCreateMdl", on: fixture, 0x8000_0000, 0x1000, 16) == nil)
    for name in ["RtlAnsiStringToUnicodeString", "RtlUnicodeStringToAnsiString"] {
      #expect(try failure(name, on: fixture, 0, 0, 1) == .status(.noMemory))
      #expect(try failure(name, on: fixture, 0, 0, 0) == nil)
    }
  }
}
