import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct ResourceTests {
  private func acquire(
    _ fixture: ExecutiveFixture,
    _ name: String,
    _ resource: VirtualAddress,
    waits: Bool = true
  ) throws -> Bool? {
    try fixture.start(name, resource, waits).map { $0 & 0xFF != 0 }
  }

  @Test(arguments: Architecture.allCases)
  func `an owner may acquire it again, and others wait`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let resource = try fixture.allocate(104)
    #expect(try fixture.call("ExInitializeResourceLite", resource) == 0)
    let first = fixture.dispatcher.current
    for _ in 0..<2 {
      #expect(try acquire(fixture, "ExAcquireResourceExclusiveLite", resource) == true)
    }
    #expect(try acquire(fixture, "ExAcquireResourceSharedLite", resource) == true)
    #expect(try fixture.call("ExIsResourceAcquiredExclusiveLite", resource) & 0xFF == 1)
    #expect(try fixture.call("ExIsResourceAcquiredSharedLite", resource) == 3)
    let second = try fixture.switchToNewThread()
    #expect(try fixture.call("ExIsResourceAcquiredSharedLite", resource) == 0)
    let exclusive = "ExAcquireResourceExclusiveLite"
    #expect(try acquire(fixture, exclusive, resource, waits: false) == false)
    #expect(try acquire(fixture, exclusive, resource) == nil)
    #expect(second.state == .waiting)
    #expect(try fixture.call("ExGetExclusiveWaiterCount", resource) == 1)
    try fixture.switchTo(first)
    for _ in 0..<3 {
      #expect(second.state == .waiting)
      try fixture.call("ExReleaseResourceLite", resource, convention: .fastcall)
    }
    #expect(second.state == .ready)
    #expect(second.waitStatus == 1)
    try fixture.switchTo(second)
    #expect(try fixture.call("ExIsResourceAcquiredExclusiveLite", resource) & 0xFF == 1)
    try fixture.call("ExReleaseResourceForThreadLite", resource, second.body)
    #expect(try fixture.call("ExDeleteResourceLite", resource) == 0)
    #expect(
      fixture.unmodelled { try acquire(fixture, exclusive, resource) }
        == "ExAcquireResourceExclusiveLite: a resource that is not initialized"
    )
  }

  @Test(arguments: Architecture.allCases)
  func `who shares waits behind who wants it alone`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let resource = try fixture.allocate(104)
    try fixture.call("ExInitializeResourceLite", resource)
    let first = fixture.dispatcher.current
    #expect(try acquire(fixture, "ExAcquireResourceSharedLite", resource) == true)
    let second = try fixture.switchToNewThread()
    #expect(try acquire(fixture, "ExAcquireResourceExclusiveLite", resource) == nil)
    let third = try fixture.switchToNewThread()
    let starving = "ExAcquireSharedStarveExclusive"
    #expect(try acquire(fixture, starving, resource, waits: false) == true)
    try fixture.call("ExReleaseResourceLite", resource, convention: .fastcall)
    #expect(try acquire(fixture, "ExAcquireResourceSharedLite", resource) == nil)
    #expect(try fixture.call("ExGetSharedWaiterCount", resource) == 1)
    try fixture.switchTo(first)
    let polite = "ExAcquireSharedWaitForExclusive"
    #expect(try acquire(fixture, polite, resource, waits: false) == false)
    #expect(try acquire(fixture, "ExAcquireResourceSharedLite", resource) == true)
    for _ in 0..<2 { try fixture.call("ExReleaseResourceLite", resource, convention: .fastcall) }
    #expect(second.state == .ready)
    #expect(third.state == .waiting)
    try fixture.switchTo(second)
    try fixture.call("ExConvertExclusiveToSharedLite", resource)
    #expect(third.state == .ready)
    #expect(try fixture.call("ExIsResourceAcquiredExclusiveLite", resource) & 0xFF == 0)
    #expect(try fixture.call("ExIsResourceAcquiredSharedLite", resource) == 1)
  }

  @Test(arguments: Architecture.allCases)
  func `a fast mutex goes to who waits`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let address = try fixture.allocate(64)
    let mutex = GuestPointer<FastMutex>(address)
    try fixture.memory[mutex].store(1, in: \.count)
    let first = fixture.dispatcher.current
    try fixture.call("ExAcquireFastMutex", address, convention: .fastcall)
    #expect(fixture.dispatcher.irql == .apc)
    let second = try fixture.switchToNewThread()
    #expect(fixture.dispatcher.irql == .passive)
    #expect(try fixture.call("ExTryToAcquireFastMutex", address, convention: .fastcall) == 0)
    #expect(try fixture.start("ExAcquireFastMutex", address, convention: .fastcall) == nil)
    try fixture.switchTo(first)
    try fixture.call("ExReleaseFastMutex", address, convention: .fastcall)
    #expect(fixture.dispatcher.irql == .passive)
    #expect(try fixture.memory[mutex].owner == second.body)
    try fixture.switchTo(second)
    #expect(fixture.dispatcher.irql == .apc)
    try fixture.call("ExReleaseFastMutex", address, convention: .fastcall)
    #expect(try fixture.memory[mutex].count == 1)
    #expect(fixture.dispatcher.irql == .passive)
  }
}
