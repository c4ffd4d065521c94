import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct CompressionTests {
  private func decompress(
    _ fixture: RuntimeFixture,
    _ data: [UInt8],
    room: Int
  ) throws -> (status: NTStatus, bytes: [UInt8]) {
    let source = try fixture.bytes(data)
    let destination = fixture.allocate(max(room, 1))
    let size = fixture.allocate(4)
    let (format, limit, count): (UInt16, UInt32, UInt32) = (2, UInt32(room), UInt32(data.count))
    let name = "RtlDecompressBuffer"
    let status = try fixture.status(name, format, destination, limit, source, count, size)
    guard status == .success else { return (status, []) }
    let written = try fixture.memory.load(UInt32.self, at: size)
    return (status, try fixture.memory.bytes(at: destination, count: Int(written)))
  }

  private func compress(
    _ fixture: RuntimeFixture,
    _ data: [UInt8],
    room: Int
  ) throws -> (status: NTStatus, bytes: [UInt8]) {
    let source = try fixture.bytes(data)
    let destination = fixture.allocate(room)
    let size = fixture.allocate(4)
    let (format, chunk): (UInt16, UInt32) = (2, 4096)
    let status = try fixture.status(
      "RtlCompressBuffer",
      format,
      source,
      UInt32(data.count),
      destination,
      UInt32(room),
      chunk,
      size,
      VirtualAddress.null
    )
    guard status.isSuccess else { return (status, []) }
    let written = try fixture.memory.load(UInt32.self, at: size)
    return (status, try fixture.memory.bytes(at: destination, count: Int(written)))
  }

  /// The example of [MS-XCA] 3.3: a text of 142 bytes and a terminator.
  @Test(arguments: Architecture.allCases)
  func `the example of the format's document decompresses`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let data: [UInt8] = [
      0x38, 0xB0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xA2, 0x47,
      0x01, 0xA0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xC0, 0x45, 0x20,
      0x05, 0x24, 0x13, 0x88, 0x05, 0xB4, 0x02, 0x4A, 0x44, 0xEF, 0x03, 0x58, 0x02, 0x8C, 0x09,
      0x16, 0x01, 0x48, 0x45, 0x00, 0xBE, 0x00, 0x9E, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00,
    ]
    let text =
      "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# "
      + "G F# E D E A F# F# G A A G F# E D D E F# E D D"
    let result = try decompress(fixture, data, room: 200)
    #expect(result.status == .success)
    #expect(result.bytes == Array(text.utf8) + [0])
    let small = try decompress(fixture, data, room: 100)
    #expect(small.status == NTStatus(0xC000_0242))
  }

  @Test(arguments: Architecture.allCases)
  func `what is compressed is what is decompressed`(architecture: Architecture) throws {
    var generator = SystemRandomNumberGenerator()
    for size in [1, 2, 3, 100, 4096, 4097] {
      for letters in [2, 256] {
        let fixture = try RuntimeFixture(architecture)
        let data = (0..<size).map { _ in
          UInt8(Int.random(in: 1...letters, using: &generator) & 0xFF)
        }
        let packed = try compress(fixture, data, room: size + 16)
        #expect(packed.status == .success)
        if letters == 2, size >= 100 { #expect(packed.bytes.count < size * 3 / 4) }
        #expect(try decompress(fixture, packed.bytes, room: size).bytes == data)
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `zeros are told, and what does not fit is refused`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let zeros = [UInt8](repeating: 0, count: 5000)
    let packed = try compress(fixture, zeros, room: 100)
    #expect(packed.status == NTStatus(0x117))
    #expect(try decompress(fixture, packed.bytes, room: 5000).bytes == zeros)
    let noise = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 97) }
    #expect(try compress(fixture, noise, room: 20).status == .bufferTooSmall)
    let sizes = (fixture.allocate(4), fixture.allocate(4))
    for (format, status) in [
      (0, .invalidParameter), (1, .invalidParameter), (2, .success), (0x102, .success),
      (0x202, NTStatus(0xC000_00BB)), (9, NTStatus(0xC000_025F)),
    ] as [(UInt16, NTStatus)] {
      let name = "RtlGetCompressionWorkSpaceSize"
      #expect(try fixture.status(name, format, sizes.0, sizes.1) == status)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `random bytes are decompressed or refused`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    for _ in 0..<300 {
      let data = (0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: 0...255) }
      let status = try decompress(fixture, data, room: 64).status
      #expect(status == .success || status == NTStatus(0xC000_0242))
    }
  }
}
