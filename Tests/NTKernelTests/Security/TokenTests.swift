import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct TokenTests {
  private static let hosts = [
    Host(release: .nt351, architecture: .x86), Host(release: .w2ksp4, architecture: .x86),
    Host(release: .win8, architecture: .x86), Host(release: .win7, architecture: .x64),
  ]
  private static let recent = hosts.filter { $0.release >= .w2k }

  private func token(
    of process: VirtualAddress,
    _ fixture: KernelFixture
  ) throws -> VirtualAddress {
    try fixture.pointer("PsReferencePrimaryToken", process)
  }

  /// What `SeQueryInformationToken` returns in its buffer.
  private func ask(
    _ token: VirtualAddress,
    _ kind: UInt32,
    _ fixture: KernelFixture
  ) throws -> VirtualAddress {
    let slot = try fixture.allocate(8)
    #expect(try fixture.status("SeQueryInformationToken", token, kind, slot) == .success)
    return try fixture.memory.load(at: slot)
  }

  private func sid(at address: VirtualAddress, _ fixture: KernelFixture) throws -> [UInt32] {
    let count = try fixture.memory.load(UInt8.self, at: address + 1)
    let authority = UInt32(try fixture.memory.load(UInt8.self, at: address + 7))
    return try [authority]
      + (0..<Int(count)).map { try fixture.memory.load(UInt32.self, at: address + (8 + 4 * $0)) }
  }

  @Test(arguments: recent)
  func `the system's token says who it is`(host: Host) throws {
    let fixture = try host.fixture()
    let system = fixture.kernel.processes.systemProcess
    let token = try token(of: system, fixture)
    #expect(try fixture.pointer("PsReferencePrimaryToken", system) == token)
    let user = try ask(token, 1, fixture)
    #expect(try sid(at: fixture.memory.load(at: user), fixture) == [5, 18])
    #expect(try fixture.call("SeTokenIsAdmin", token) & 0xFF == 1)
    #expect(try fixture.call("SeTokenIsRestricted", token) & 0xFF == 0)
    let id = try fixture.allocate(8)
    #expect(try fixture.status("SeQueryAuthenticationIdToken", token, id) == .success)
    #expect(try fixture.memory.load(UInt64.self, at: id) == 0x3E7)
    // TokenSessionId is stored itself.
    let session = try fixture.allocate(8)
    #expect(try fixture.status("SeQueryInformationToken", token, UInt32(12), session) == .success)
    #expect(try fixture.memory.load(UInt32.self, at: session) == 0)
    #expect(
      try fixture.status("SeQueryInformationToken", token, UInt32(9), session) == .invalidInfoClass
    )
    // TokenStatistics: a primary token, with as many groups as TokenGroups says.
    let statistics = try ask(token, 10, fixture)
    #expect(try fixture.memory.load(UInt32.self, at: statistics + 24) == 1)
    let groups = try ask(token, 2, fixture)
    #expect(
      try fixture.memory.load(UInt32.self, at: groups)
        == fixture.memory.load(UInt32.self, at: statistics + 40)
    )
    try fixture.call("ExFreePool", groups)
    for _ in 0..<2 { try fixture.call("PsDereferencePrimaryToken", token) }
  }

  @Test(arguments: hosts)
  func `the groups of a program's token point at SIDs in the same buffer`(host: Host) throws {
    let fixture = try host.fixture()
    let width = host.architecture.pointerSize
    let process = try fixture.kernel.processes.requester(1)
    let token = try token(of: process.body, fixture)
    let slot = try fixture.allocate(8)
    let handle = try fixture.allocate(8)
    try fixture.kernel.processes.enter(process)
    let current = VirtualAddress(rawValue: host.architecture == .x86 ? 0xFFFF_FFFF : .max)
    #expect(try fixture.status("ZwOpenProcessToken", current, UInt32(8), handle) == .success)
    let opened = try fixture.memory.load(VirtualAddress.self, at: handle)
    let query = "ZwQueryInformationToken"
    let null = VirtualAddress.null
    #expect(try fixture.status(query, opened, UInt32(2), null, UInt32(0), slot) == .bufferTooSmall)
    let size = try fixture.memory.load(UInt32.self, at: slot)
    let buffer = try fixture.allocate(Int(size))
    #expect(try fixture.status(query, opened, UInt32(2), buffer, size, slot) == .success)
    let count = Int(try fixture.memory.load(UInt32.self, at: buffer))
    let groups = try (0..<count).map { index in
      let place = buffer + (width + 2 * width * index)
      let address = try fixture.memory.load(VirtualAddress.self, at: place)
      #expect(address > buffer && address < buffer + Int(size))
      return try sid(at: address, fixture)
    }
    #expect(groups.contains([5, 32, 544]))
    #expect(groups.contains([5, 11]) == (host.release >= .nt400sp3))
    #expect(groups.contains([16, 0x3000]) == (host.release >= .vista))
    #expect(try fixture.status(query, opened, UInt32(0), buffer, size, slot) == .invalidInfoClass)
    let elevation = try fixture.status(query, opened, UInt32(20), buffer, size, slot)
    #expect(elevation == (host.release >= .vista ? .success : .invalidInfoClass))
    #expect(try fixture.status("ZwClose", opened) == .success)
    try fixture.call("PsDereferencePrimaryToken", token)
  }

  @Test(arguments: recent)
  func `privileges are enabled, and only those that the token holds`(host: Host) throws {
    let fixture = try host.fixture()
    let process = try fixture.kernel.processes.requester(1)
    try fixture.kernel.processes.enter(process)
    let handle = try fixture.allocate(8)
    let current = VirtualAddress(rawValue: host.architecture == .x86 ? 0xFFFF_FFFF : .max)
    #expect(try fixture.status("ZwOpenProcessToken", current, UInt32(0x28), handle) == .success)
    let token = try fixture.memory.load(VirtualAddress.self, at: handle)
    // SeDebugPrivilege is 20; nobody but LSA has SeTcbPrivilege, 7.
    func check(_ privilege: UInt64, _ mode: ProcessorMode = .user) throws -> Bool {
      try fixture.call("SeSinglePrivilegeCheck", privilege, mode) & 0xFF == 1
    }
    #expect(try !check(20))
    #expect(try check(20, .kernel))
    #expect(try check(10))
    let state = try fixture.allocate(28)
    let previous = try fixture.allocate(64)
    let length = try fixture.allocate(4)
    try fixture.memory.store(UInt32(2), at: state)
    for (index, privilege) in [UInt64(20), 7].enumerated() {
      try fixture.memory.store(privilege, at: state + (4 + 12 * index))
      try fixture.memory.store(UInt32(2), at: state + (12 + 12 * index))
    }
    let adjust = "ZwAdjustPrivilegesToken"
    // STATUS_NOT_ALL_ASSIGNED.
    #expect(
      try fixture.status(adjust, token, false, state, UInt32(64), previous, length)
        == NTStatus(0x106)
    )
    #expect(try check(20))
    #expect(try !check(7))
    #expect(try fixture.memory.load(UInt32.self, at: previous) == 1)
    #expect(try fixture.memory.load(UInt64.self, at: previous + 4) == 20)
    #expect(try fixture.memory.load(UInt32.self, at: previous + 12) & 2 == 0)
    let null = VirtualAddress.null
    #expect(
      try fixture.status(adjust, token, true, null, UInt32(0), null, null) == .success
    )
    #expect(try !check(20))
    #expect(try !check(10))
  }

  @Test(arguments: recent)
  func `a thread acts for another until it reverts`(host: Host) throws {
    let fixture = try host.fixture()
    let thread = fixture.dispatcher.current.body
    let client = try fixture.kernel.processes.requester(1)
    let token = try token(of: client.body, fixture)
    let flags = try fixture.allocate(16)
    let reference = "PsReferenceImpersonationToken"
    #expect(try fixture.pointer(reference, thread, flags, flags + 1, flags + 4) == .null)
    let handle = try fixture.allocate(8)
    let self2 = VirtualAddress(
      rawValue: host.architecture == .x86 ? 0xFFFF_FFFE : UInt64.max - 1
    )
    let open = "ZwOpenThreadToken"
    // STATUS_NO_TOKEN.
    #expect(
      try fixture.status(open, self2, UInt32(8), true, handle) == NTStatus(0xC000_007C)
    )
    // SecurityImpersonation is 2.
    let impersonate = "PsImpersonateClient"
    #expect(try fixture.status(impersonate, thread, token, true, false, UInt32(2)) == .success)
    #expect(try fixture.pointer(reference, thread, flags, flags + 1, flags + 4) == token)
    #expect(try fixture.memory.load(UInt16.self, at: flags) == 1)
    #expect(try fixture.memory.load(UInt32.self, at: flags + 4) == 2)
    try fixture.call("PsDereferenceImpersonationToken", token)
    #expect(try fixture.status(open, self2, UInt32(8), true, handle) == .success)
    let context = try fixture.allocate(32)
    try fixture.call("SeCaptureSubjectContext", context)
    #expect(try fixture.memory.load(VirtualAddress.self, at: context) == token)
    try fixture.call("SeReleaseSubjectContext", context)
    let state = try fixture.allocate(16)
    #expect(try fixture.call("PsDisableImpersonation", thread, state) & 0xFF == 1)
    #expect(try fixture.pointer(reference, thread, flags, flags + 1, flags + 4) == .null)
    try fixture.call("PsRestoreImpersonation", thread, state)
    #expect(try fixture.call("PsDisableImpersonation", thread, state) & 0xFF == 1)
    try fixture.call("PsRestoreImpersonation", thread, state)
    try fixture.call("PsRevertToSelf")
    #expect(try fixture.pointer(reference, thread, flags, flags + 1, flags + 4) == .null)
    // Of the references to the token, only the process's and the test's are left.
    try fixture.call("PsDereferencePrimaryToken", token)
    let object = try #require(fixture.kernel.objects.object(withBody: token))
    #expect(object.referenceCount == 1)
  }

  @Test(arguments: recent)
  func `a server remembers its client, and may act for it later`(host: Host) throws {
    let fixture = try host.fixture()
    let client = try fixture.kernel.processes.requester(1)
    let server = fixture.dispatcher.current.body
    let quality = try fixture.allocate(12)
    try fixture.memory.store(UInt32(12), at: quality)
    try fixture.memory.store(UInt32(2), at: quality + 4)
    let context = try fixture.allocate(0x48)
    let create = "SeCreateClientSecurity"
    for tracking in [UInt8(0), 1] {
      try fixture.memory.store(tracking, at: quality + 8)
      let status = try fixture.status(create, client.thread.body, quality, false, context)
      #expect(status == .success)
      let token = try fixture.memory.load(
        VirtualAddress.self,
        at: context + (host.architecture == .x86 ? 0x0C : 0x10)
      )
      // A copy is an impersonation token; followed dynamically, it is the process's own.
      #expect(try fixture.call("SeTokenType", token) & 0xFFFF_FFFF == (tracking == 0 ? 2 : 1))
      #expect(try fixture.status("SeImpersonateClientEx", context, server) == .success)
      #expect(try fixture.call("PsIsThreadImpersonating", server) & 0xFF == 1)
      try fixture.call("PsRevertToSelf")
      #expect(try fixture.call("PsIsThreadImpersonating", server) & 0xFF == 0)
    }
  }

  @Test(arguments: recent)
  func `who has logged on is told in the process's own memory`(host: Host) throws {
    let fixture = try host.fixture()
    try fixture.kernel.processes.enter(fixture.kernel.processes.requester(1))
    let result = try fixture.allocate(8)
    let session = try fixture.allocate(8)
    let describe = "GetSecurityUserInfo"
    try fixture.memory.store(UInt64(5), at: session)
    // STATUS_NO_SUCH_LOGON_SESSION.
    #expect(try fixture.status(describe, session, UInt32(0), result) == NTStatus(0xC000_005F))
    let null = VirtualAddress.null
    #expect(try fixture.status(describe, null, UInt32(0), result) == .success)
    let buffer = try fixture.memory.load(VirtualAddress.self, at: result)
    #expect(buffer < fixture.manager.layout.userProbeAddress)
    #expect(try fixture.memory.text(of: GuestPointer<CountedString>(buffer)) == "User")
    let width = host.architecture.pointerSize
    let sid = try fixture.memory.load(VirtualAddress.self, at: buffer + 6 * width)
    #expect(try self.sid(at: sid, fixture).prefix(2) == [5, 21])
    #expect(try fixture.status("LsaFreeReturnBuffer", buffer) == .success)
    #expect(throws: Unmodelled.self) { try fixture.status("LsaFreeReturnBuffer", buffer) }
  }
}
