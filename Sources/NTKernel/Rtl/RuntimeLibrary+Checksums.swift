import GuestABI

/// Checksums and wide arithmetic.
extension RuntimeLibrary {
  var checksumExports: [Export] {
    [
      export("RtlComputeCrc32") { [self] (start: UInt32, buffer: VirtualAddress, size: Int32) in
        guard size >= 0 else { throw Unmodelled("RtlComputeCrc32: a negative length") }
        return try crc32(start, buffer, Int(size))
      },
      export("RtlCrc32") { [self] (buffer: VirtualAddress, size: GuestWord, start: UInt32) in
        try crc32(start, buffer, size.byteCount)
      },
      export("RtlUnsignedMultiplyHigh") { (first: UInt64, second: UInt64) in
        first.multipliedFullWidth(by: second).high
      },
      export("RtlIsZeroMemory") { [self] (buffer: VirtualAddress, size: GuestWord) in
        for index in 0..<size.byteCount
        where try memory.load(UInt8.self, at: buffer + index) != 0 {
          return false
        }
        return true
      },
      export("RtlFillMemoryNonTemporal") {
        [self] (destination: VirtualAddress, size: GuestWord, byte: UInt8) in
        try memory.fill(at: destination, count: size.byteCount, with: byte)
      },
    ]
  }

  /// Goes on with the checksum of ISO 3309: the polynomial 0x04C11DB7 with its bits reversed, inverted
  /// before and after.
  ///
  /// Wine's tests of `RtlComputeCrc32` compare with Windows.
  private func crc32(_ start: UInt32, _ buffer: VirtualAddress, _ size: Int) throws -> UInt32 {
    var value = ~start
    for index in 0..<size {
      value ^= UInt32(try memory.load(UInt8.self, at: buffer + index))
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
    }
    return ~value
  }
}
