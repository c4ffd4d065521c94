internal import NTKernel
internal import PortableExecutable

extension Image {
  /// Whether the image's code compares something with `IOCTL_INTERNAL_MOUSE_CONNECT`.
  ///
  /// Only the class driver for mice sends that request, to what is below it in a mouse's stack: who
  /// knows the code is the driver of a mouse or a filter above one.
  var takesMouseConnections: Bool {
    let code = withUnsafeBytes(of: PlugAndPlay.mouseConnect.littleEndian) { [UInt8]($0) }
    return sections.contains { section in
      guard section.characteristics.contains(.execute) else { return false }
      let bytes = fileBytes[section.rawRange]
      return bytes.indices.dropLast(3).contains { index in
        bytes[index] == code[0] && bytes[index..<index + 4].elementsEqual(code)
          && Self.isComparison(bytes[max(bytes.startIndex, index - 4)..<index])
      }
    }
  }

  /// Whether bytes end in a `cmp` up to its operand, a number of 32 bits.
  private static func isComparison(_ bytes: ArraySlice<UInt8>) -> Bool {
    // cmp eax, number.
    if bytes.last == 0x3D { return true }
    // cmp of a register or of memory; of memory with a displacement of 8 bits; with an index as well.
    let tail = [UInt8](bytes.suffix(4))
    return switch (tail.suffix(4).first, tail.suffix(3).first, tail.suffix(2).first) {
    case (_, _, 0x81): tail[tail.count - 1] & 0x38 == 0x38
    case (_, 0x81, _): tail[tail.count - 2] & 0xF8 == 0x78
    case (0x81, _, _): tail[tail.count - 3] == 0x7C
    default: false
    }
  }
}
