import GuestABI
import NTReleases
import ReferenceModel
import Testing

@Suite struct RandomActsTests {
  @Test(arguments: Host.all)
  func `the kernel does what a much simpler model does`(host: Host) throws {
    var acts = try RandomActs(host.release, host.architecture, seed: 11)
    try acts.run(300)
    try acts.finish()
  }

  @Test(arguments: [
    (Release.nt400sp3, Release.nt400sp4, "map"), (.nt400sp4, .nt400sp3, "map"),
    (.nt400sp6a, .w2k, "end a process with locked pages"),
    (.w2k, .nt400sp6a, "end a process with locked pages"),
  ])
  func `a reference for another release finds the difference`(
    release: Release,
    reference: Release,
    act: String
  ) throws {
    var acts = try RandomActs(release, .x86, seed: 1, reference: reference)
    let mismatch = #expect(throws: Mismatch.self) { try acts.run(20_000) }
    #expect(mismatch?.name.hasPrefix(act) == true, "\(String(describing: mismatch))")
  }
}
