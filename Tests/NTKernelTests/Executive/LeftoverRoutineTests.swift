import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct LeftoverRoutineTests {
  @Test(arguments: Host.few)
  func `routines and timers in an image are found until they are taken back`(host: Host) throws {
    let fixture = try host.fixture()
    let image = VirtualAddress(rawValue: 0x5000)..<VirtualAddress(rawValue: 0x6000)
    let (inside, outside) = (image.lowerBound + 0x10, image.upperBound)
    let set = "PsSetCreateProcessNotifyRoutine"
    for routine in [inside, outside] {
      #expect(try fixture.status(set, routine, false) == .success)
      #expect(try fixture.status("PsSetCreateThreadNotifyRoutine", routine) == .success)
      #expect(try fixture.status("PsSetLoadImageNotifyRoutine", routine) == .success)
    }
    let found = fixture.kernel.leftovers(in: image)
    #expect(found.count == 3)
    #expect(found.allSatisfy { $0.contains("\(inside)") })
    #expect(try fixture.status(set, inside, true) == .success)
    #expect(try fixture.status("PsRemoveCreateThreadNotifyRoutine", inside) == .success)
    #expect(try fixture.status("PsRemoveLoadImageNotifyRoutine", inside) == .success)
    #expect(fixture.kernel.leftovers(in: image).isEmpty)
    let timer = GuestPointer<KTimer>(try fixture.allocate(64))
    try fixture.call("KeInitializeTimer", timer)
    let null = GuestPointer<KDPC>(.null)
    #expect(try fixture.call("KeSetTimer", timer, Int64(-1000), null) == 0)
    let memory = timer.address..<timer.address + 64
    #expect(fixture.kernel.leftovers(in: memory).count == 1)
    try fixture.call("KeCancelTimer", timer)
    #expect(fixture.kernel.leftovers(in: memory).isEmpty)
  }
}
