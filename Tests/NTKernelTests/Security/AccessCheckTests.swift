import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct AccessCheckTests {
  private static let hosts = [
    Host(release: .w2ksp4, architecture: .x86), Host(release: .win8, architecture: .x86),
    Host(release: .win7, architecture: .x64),
  ]

  private static let world: [UInt32] = [1, 0]
  private static let system: [UInt32] = [5, 18]
  private static let administrators: [UInt32] = [5, 32, 544]
  private static let guests: [UInt32] = [5, 32, 546]

  private enum Kind: UInt8 { case allow, deny }

  private func bytes(_ sid: [UInt32]) -> [UInt8] {
    let head: [UInt8] = [1, UInt8(sid.count - 1), 0, 0, 0, 0, 0, UInt8(sid[0])]
    return head
      + sid.dropFirst().flatMap { number in
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
      }
  }

  private func list(_ entries: [(type: UInt8, mask: UInt32, sid: [UInt32])]) -> [UInt8] {
    let body = entries.flatMap { entry in
      let sid = bytes(entry.sid)
      let mask = (0..<4).map { UInt8(truncatingIfNeeded: entry.mask >> (8 * UInt32($0))) }
      return [entry.type, 0, UInt8(8 + sid.count), 0] + mask + sid
    }
    let size = 8 + body.count
    return [2, 0, UInt8(size & 0xFF), UInt8(size >> 8), UInt8(entries.count), 0, 0, 0] + body
  }

  /// Stores a self-relative descriptor.
  private func descriptor(
    _ fixture: KernelFixture,
    owner: [UInt32]?,
    dacl: [(Kind, UInt32, [UInt32])]?,
    label: UInt32? = nil
  ) throws -> VirtualAddress {
    var body: [UInt8] = []
    var offsets: [UInt32] = [0, 0, 0, 0]
    var control: UInt16 = 0x8000
    func add(_ part: [UInt8], _ index: Int) {
      offsets[index] = UInt32(20 + body.count)
      body += part + Array(repeating: 0, count: (4 - part.count % 4) % 4)
    }
    if let owner { add(bytes(owner), 0) }
    if let label {
      control |= 0x10
      // SYSTEM_MANDATORY_LABEL_ACE with SYSTEM_MANDATORY_LABEL_NO_WRITE_UP.
      add(list([(0x11, 1, [16, label])]), 2)
    }
    if let dacl {
      control |= 4
      add(list(dacl.map { ($0.0.rawValue, $0.1, $0.2) }), 3)
    }
    let address = try fixture.allocate(20 + body.count)
    try fixture.memory.store(UInt8(1), at: address)
    try fixture.memory.store(control, at: address + 2)
    for (index, offset) in offsets.enumerated() {
      try fixture.memory.store(offset, at: address + (4 + 4 * index))
    }
    try fixture.memory.store(bytes: body, at: address + 20)
    return address
  }

  private struct Answer: Equatable {
    var granted: UInt32
    var status: NTStatus
  }

  /// Asks for access as a program does.
  private func check(
    _ fixture: KernelFixture,
    _ descriptor: VirtualAddress,
    _ desired: UInt32,
    previous: UInt32 = 0,
    mode: ProcessorMode = .user
  ) throws -> Answer {
    let context = try fixture.allocate(32)
    try fixture.call("SeCaptureSubjectContext", context)
    // The rights of files: FILE_GENERIC_READ and so on.
    let mapping = try fixture.allocate(16)
    for (index, mask) in [UInt32(0x12_0089), 0x12_0116, 0x12_00A0, 0x1F_01FF].enumerated() {
      try fixture.memory.store(mask, at: mapping + 4 * index)
    }
    let result = try fixture.allocate(16)
    let isGranted = try fixture.call(
      "SeAccessCheck",
      descriptor,
      context,
      false,
      desired,
      previous,
      result + 8,
      mapping,
      mode,
      result,
      result + 4
    )
    try fixture.call("SeReleaseSubjectContext", context)
    let status = try fixture.memory.load(NTStatus.self, at: result + 4)
    #expect((isGranted & 0xFF == 1) == status.isSuccess)
    return Answer(granted: try fixture.memory.load(UInt32.self, at: result), status: status)
  }

  private func program(_ host: Host) throws -> KernelFixture {
    let fixture = try host.fixture()
    try fixture.kernel.processes.enter(fixture.kernel.processes.requester(1))
    return fixture
  }

  @Test(arguments: hosts)
  func `the order of entries decides`(host: Host) throws {
    let fixture = try program(host)
    let first = try descriptor(
      fixture,
      owner: Self.system,
      dacl: [(.deny, 2, Self.administrators), (.allow, 0x1F_01FF, Self.world)]
    )
    #expect(try check(fixture, first, 1) == Answer(granted: 1, status: .success))
    #expect(try check(fixture, first, 3) == Answer(granted: 0, status: .accessDenied))
    #expect(try check(fixture, first, 3, mode: .kernel) == Answer(granted: 3, status: .success))
    // MAXIMUM_ALLOWED is all but what is denied.
    #expect(
      try check(fixture, first, 0x0200_0000) == Answer(granted: 0x1F_01FD, status: .success)
    )
    let second = try descriptor(
      fixture,
      owner: Self.system,
      dacl: [(.allow, 0x1F_01FF, Self.world), (.deny, 2, Self.administrators)]
    )
    #expect(try check(fixture, second, 3) == Answer(granted: 3, status: .success))
  }

  @Test(arguments: hosts)
  func `generic rights mean what the mapping says`(host: Host) throws {
    let fixture = try program(host)
    let place = try descriptor(
      fixture,
      owner: Self.system,
      dacl: [(.allow, 0x8000_0000, Self.world)]
    )
    #expect(
      try check(fixture, place, 0x8000_0000) == Answer(granted: 0x12_0089, status: .success)
    )
    #expect(try check(fixture, place, 0x4000_0000).status == .accessDenied)
    // What was granted before is not asked for again.
    #expect(
      try check(fixture, place, 0x12_0116, previous: 0x12_0116)
        == Answer(granted: 0x12_0116, status: .success)
    )
  }

  @Test(arguments: hosts)
  func `no list allows all, an empty one nothing but to its owner`(host: Host) throws {
    let fixture = try program(host)
    let open = try descriptor(fixture, owner: Self.system, dacl: nil)
    #expect(
      try check(fixture, open, 0x0200_0000) == Answer(granted: 0x1F_01FF, status: .success)
    )
    let closed = try descriptor(fixture, owner: Self.system, dacl: [])
    #expect(try check(fixture, closed, 1).status == .accessDenied)
    #expect(try check(fixture, closed, 0x0200_0000).status == .accessDenied)
    let own = try descriptor(fixture, owner: Self.administrators, dacl: [])
    #expect(
      try check(fixture, own, 0x0200_0000) == Answer(granted: 0x6_0000, status: .success)
    )
    #expect(try check(fixture, own, 0x4_0000) == Answer(granted: 0x4_0000, status: .success))
    #expect(try check(fixture, own, 1).status == .accessDenied)
    let others = try descriptor(
      fixture,
      owner: Self.system,
      dacl: [(.allow, 0x1F_01FF, Self.guests)]
    )
    #expect(try check(fixture, others, 1).status == .accessDenied)
  }

  @Test(arguments: hosts)
  func `system security takes a privilege`(host: Host) throws {
    let fixture = try program(host)
    let place = try descriptor(fixture, owner: Self.system, dacl: nil)
    // The program has not enabled SeSecurityPrivilege: STATUS_PRIVILEGE_NOT_HELD.
    #expect(try check(fixture, place, 0x0100_0000).status == NTStatus(0xC000_0061))
  }

  @Test(arguments: hosts)
  func `an object above the token's integrity level is not written`(host: Host) throws {
    let fixture = try program(host)
    let place = try descriptor(
      fixture,
      owner: Self.system,
      dacl: [(.allow, 0x1F_01FF, Self.world)],
      label: 0x4000
    )
    #expect(try check(fixture, place, 1).status == .success)
    let write = try check(fixture, place, 2).status
    #expect(write == (host.release >= .vista ? .accessDenied : .success))
    let medium = try descriptor(
      fixture,
      owner: Self.system,
      dacl: [(.allow, 0x1F_01FF, Self.world)],
      label: 0x2000
    )
    #expect(try check(fixture, medium, 2).status == .success)
  }

  @Test(arguments: hosts, 0..<64)
  func `lists full of nonsense are refused or read to their end`(host: Host, seed: Int) throws {
    let fixture = try program(host)
    let place = try descriptor(
      fixture,
      owner: Self.system,
      dacl: [(.allow, 1, Self.world), (.allow, 2, Self.guests)]
    )
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    for _ in 0..<4 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let offset = Int(state % 64)
      try fixture.memory.store(UInt8(truncatingIfNeeded: state >> 32), at: place + (20 + offset))
    }
    do {
      _ = try check(fixture, place, 0x0200_0000)
    } catch is Unmodelled {
    } catch is GuestFault {
    }
  }
}
