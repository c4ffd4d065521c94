import GuestABI
import NTKernel
import NTReleases
import Testing

@Suite struct LongLongFormatTests {
  private static let kernels: [(release: Release, architecture: Architecture)] =
    Release.allCases.flatMap { release in
      Architecture.allCases.filter { release.addressLimits(for: $0.platform) != nil }
        .map { (release, $0) }
    }

  @Test(arguments: kernels)
  func `64-bit numbers print where it is known how`(
    kernel: (release: Release, architecture: Architecture)
  ) throws {
    let fixture = try KernelFixture(kernel.release, kernel.architecture)
    let block = try fixture.manager.allocatePool(16, .nonpaged, tag: 0x7478_6554)
    let format = try #require(block)
    let (large, small): (UInt64, UInt64) = (0x12_3456_789A, 7)
    func text(_ letters: String, _ number: UInt64) throws -> String? {
      try fixture.memory.store(bytes: Array(letters.utf8) + [0], at: format)
      _ = try fixture.call("DbgPrint", format, number)
      guard case .debugPrint(let text)? = fixture.events.last else { return nil }
      return text
    }
    #expect(try text("%I64x", large) == "123456789a")
    if kernel.release >= .vista {
      #expect(try text("%llx", large) == "123456789a")
      #expect(try text("%lld", large) == "78187493530")
    } else {
      #expect(throws: Unmodelled.self) { try text("%llx", large) }
      // A register holds a small number whole.
      if kernel.architecture == .x64 { #expect(try text("%llx", small) == "7") }
    }
  }
}
