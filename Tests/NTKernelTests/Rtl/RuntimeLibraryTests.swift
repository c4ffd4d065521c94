import GuestABI
import NTKernel
import Testing

@Suite struct RuntimeLibraryTests {
  @Test(arguments: Architecture.allCases)
  func `each routine is declared once`(architecture: Architecture) throws {
    let names = try RuntimeFixture(architecture).library.exports.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: [
    "_RtlInitUnicodeString@8", "@InterlockedCompareExchange@12", "_DbgPrint", "__allmul",
    "@RtlUlonglongByteSwap@8", "_RtlExtendedLargeIntegerDivide@16", "__snwprintf",
    "@ExInterlockedCompareExchange64@16", "_vDbgPrintEx@16",
  ])
  func `x86 names are decorated as import libraries have them`(name: String) throws {
    let exports = try RuntimeFixture(.x86).library.exports
    #expect(exports.contains { $0.decoratedName == name })
  }
}
