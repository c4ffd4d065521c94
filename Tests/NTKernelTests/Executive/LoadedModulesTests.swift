import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// The list of loaded modules, as drivers walk it.
@Suite struct LoadedModulesTests {
  /// The bases of the images, from the head of the list on.
  private func bases(_ fixture: KernelFixture, from head: VirtualAddress) throws -> [UInt64] {
    var bases: [UInt64] = []
    var entry: VirtualAddress = try fixture.memory.load(at: head)
    var previous = head
    while entry != head, bases.count < 10 {
      bases.append(try fixture.memory[GuestPointer<LoaderEntry>(entry)].imageBase.rawValue)
      #expect(try fixture.memory[GuestPointer<ListEntry>(entry)].blink.address == previous)
      previous = entry
      entry = try fixture.memory.load(at: entry)
    }
    return bases
  }

  private func add(_ fixture: KernelFixture, _ base: UInt64) throws -> Range<VirtualAddress> {
    let start = VirtualAddress(rawValue: base)
    let range = start..<start + 0x1000
    try fixture.kernel.modules.add(
      "a.sys",
      path: "\\SystemRoot\\a.sys",
      range: range,
      entryPoint: start,
      checksum: 7
    )
    return range
  }

  @Test(arguments: Host.few)
  func `PsLoadedModuleList can be imported before and after modules are loaded`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let variable = try #require(
      fixture.kernel.dataExports.first { $0.name == "PsLoadedModuleList" }
    )
    let first = try add(fixture, 0xF000_0000)
    let head = try fixture.allocate(16)
    try variable.initialise(head, fixture.memory)
    #expect(try bases(fixture, from: head) == [0xF000_0000])
    _ = try add(fixture, 0xF100_0000)
    _ = try add(fixture, 0xF200_0000)
    #expect(try bases(fixture, from: head) == [0xF000_0000, 0xF100_0000, 0xF200_0000])
    try fixture.kernel.modules.remove(first)
    #expect(try bases(fixture, from: head) == [0xF100_0000, 0xF200_0000])
  }

  @Test(arguments: Host.few)
  func `a driver that takes its entry out of the list can still be unloaded`(host: Host) throws {
    let fixture = try host.fixture()
    let range = try add(fixture, 0xF000_0000)
    let entry = GuestPointer<ListEntry>(fixture.kernel.modules.entry(of: range))
    let memory = fixture.memory
    let (next, previous) = try (memory[entry].flink, memory[entry].blink)
    try memory[previous].store(next, in: \.flink)
    try memory[next].store(previous, in: \.blink)
    try fixture.kernel.modules.remove(range)
    #expect(fixture.kernel.modules.modules.isEmpty)
    #expect(try memory[next].flink == next)
  }
}
