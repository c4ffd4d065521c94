import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct RtlQueryModuleInformationTests {
  @Test(arguments: Architecture.allCases)
  func `the images are told with their sizes and paths, if there is room`(
    architecture: Architecture
  ) throws {
    let fixture = try KernelFixture(.win7, architecture)
    let memory = fixture.memory
    let base = VirtualAddress(rawValue: architecture == .x86 ? 0x8050_0000 : 0xFFFF_F800_0150_0000)
    try fixture.kernel.modules.add(
      "other.sys",
      path: #"\SystemRoot\other.sys"#,
      range: base..<base + 0x3000,
      entryPoint: base,
      checksum: 0
    )
    let count = fixture.kernel.modules.modules.count
    let width = architecture.pointerSize
    let element = architecture == .x86 ? 268 : 272
    let size = try fixture.allocate(4)
    let routine = "RtlQueryModuleInformation"
    #expect(
      try fixture.status(routine, size, 12345 as UInt32, VirtualAddress.null) == .invalidParameter
    )
    for (elementSize, needed) in [(width, count * width), (element, count * element)] {
      let bytes = UInt32(elementSize)
      #expect(try fixture.status(routine, size, bytes, VirtualAddress.null) == .success)
      #expect(try memory.load(UInt32.self, at: size) == UInt32(needed))
      let buffer = try fixture.allocate(needed)
      try memory.store(UInt32(needed - 1), at: size)
      #expect(try fixture.status(routine, size, bytes, buffer) == .bufferTooSmall)
      #expect(try memory.load(UInt32.self, at: size) == UInt32(needed))
      #expect(try fixture.status(routine, size, bytes, buffer) == .success)
      let last = buffer + (count - 1) * elementSize
      #expect(try memory.load(VirtualAddress.self, at: last) == base)
      guard elementSize == element else { continue }
      #expect(try memory.load(UInt32.self, at: last + width) == 0x3000)
      let offset: UInt16 = try memory.load(at: last + width + 4)
      #expect(offset == 12)
      let name = try memory.bytes(at: last + width + 6 + Int(offset), count: 10)
      #expect(name == Array("other.sys\0".utf8))
    }
  }
}
