import GuestABI
import NTStructures

/// Compressed buffers. Of the formats LZNT1 is modelled.
extension RuntimeLibrary {
  var compressionExports: [Export] {
    [
      export("RtlGetCompressionWorkSpaceSize") {
        [self]
        (format: UInt16, buffer: GuestPointer<UInt32>, fragment: GuestPointer<UInt32>) in
        let status = try check(format, "RtlGetCompressionWorkSpaceSize")
        guard status == .success else { return status }
        // How much a release asks for is not documented; the model needs nothing of it.
        try memory.store(UInt32(0x1_0000), at: buffer.address)
        try memory.store(UInt32(0x1000), at: fragment.address)
        return .success
      },
      export("RtlCompressBuffer") {
        [self]
        (
          format: UInt16,
          source: VirtualAddress,
          sourceSize: UInt32,
          destination: VirtualAddress,
          size: UInt32,
          chunkSize: UInt32,
          result: GuestPointer<UInt32>,
          workSpace: VirtualAddress
        ) in
        let status = try check(format, "RtlCompressBuffer")
        guard status == .success else { return status }
        guard chunkSize == LZNT1.chunkSize else {
          throw Unmodelled("RtlCompressBuffer: a chunk size that is not 4096")
        }
        let data = try bytes(source, sourceSize, "RtlCompressBuffer")
        let packed = LZNT1.compress(data)
        guard packed.count <= Int(size) else { return .bufferTooSmall }
        try memory.store(bytes: packed, at: destination)
        try memory.store(UInt32(packed.count), at: result.address)
        return data.allSatisfy { $0 == 0 } && !data.isEmpty ? .bufferAllZeros : .success
      },
      export("RtlDecompressBuffer") {
        [self]
        (
          format: UInt16,
          destination: VirtualAddress,
          size: UInt32,
          source: VirtualAddress,
          sourceSize: UInt32,
          result: GuestPointer<UInt32>
        ) in
        try decompress(format & 0xFF, source, sourceSize, to: destination, size, result)
      },
      export("RtlDecompressBufferEx") {
        [self]
        (
          format: UInt16,
          destination: VirtualAddress,
          size: UInt32,
          source: VirtualAddress,
          sourceSize: UInt32,
          result: GuestPointer<UInt32>,
          workSpace: VirtualAddress
        ) in
        try decompress(format & 0xFF, source, sourceSize, to: destination, size, result)
      },
    ]
  }

  /// Returns why a format and engine are refused, or success.
  private func check(_ format: UInt16, _ routine: String) throws -> NTStatus {
    switch format & 0xFF {
    case 0, 1: return .invalidParameter
    case 2: break
    case 3, 4: throw Unmodelled("\(routine): COMPRESSION_FORMAT_XPRESS")
    default: return .unsupportedCompression
    }
    // COMPRESSION_ENGINE_STANDARD and COMPRESSION_ENGINE_MAXIMUM.
    return format & 0xFF00 == 0 || format & 0xFF00 == 0x100 ? .success : .notSupported
  }

  private func bytes(
    _ address: VirtualAddress,
    _ size: UInt32,
    _ routine: String
  ) throws -> [UInt8] {
    guard size <= 1 << 26 else { throw Unmodelled("\(routine): more than 64 MiB") }
    return try memory.bytes(at: address, count: Int(size))
  }

  /// Decompresses a buffer.
  ///
  /// The corresponding kernel routine is `RtlDecompressBuffer`.
  private func decompress(
    _ format: UInt16,
    _ source: VirtualAddress,
    _ sourceSize: UInt32,
    to destination: VirtualAddress,
    _ size: UInt32,
    _ result: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let status = try check(format, "RtlDecompressBuffer")
    guard status == .success else { return status }
    let data = try bytes(source, sourceSize, "RtlDecompressBuffer")
    // What has been stored of a buffer that turns out to be bad is not documented: nothing is.
    guard let output = LZNT1.decompress(data, limit: Int(size)) else {
      return .badCompressionBuffer
    }
    try memory.store(bytes: output, at: destination)
    try memory.store(UInt32(output.count), at: result.address)
    return .success
  }
}
