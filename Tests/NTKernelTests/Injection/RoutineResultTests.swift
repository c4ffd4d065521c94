import GuestABI
import NTKernel
import NTReleases
import Testing

@Suite struct RoutineResultTests {
  @Test func `what callees remove by the headers is what the model's remove`() throws {
    let kernel = try KernelFixture(.win7, .x86).kernel
    var count = 0
    for export in kernel.exports {
      guard let bytes = RoutineResult(of: export.name)?.x86StackBytes else { continue }
      count += 1
      #expect(export.stackSize == bytes, "\(export.name)")
    }
    #expect(count > 400)
  }
}
