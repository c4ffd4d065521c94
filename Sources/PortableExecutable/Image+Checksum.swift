extension Image {
  /// The checksum of the file, by the method of `CheckSumMappedFile` in IMAGEHLP.
  ///
  /// It is the one's-complement sum of the file's 16-bit words without the stored checksum, plus the
  /// file's length. It reads the whole file each time.
  public var computedChecksum: UInt32 {
    let bytes = file.bytes
    var sum: UInt64 = 0
    for offset in stride(from: 0, to: bytes.count - 1, by: 2) {
      sum &+= UInt64(bytes[offset]) | UInt64(bytes[offset + 1]) << 8
    }
    if let last = bytes.last, !bytes.count.isMultiple(of: 2) { sum &+= UInt64(last) }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }

    // The words of the stored checksum are taken out as IMAGEHLP does, borrows included.
    var partial = UInt16(truncatingIfNeeded: sum)
    let stored = header.storedChecksum
    for word in [UInt16(truncatingIfNeeded: stored), UInt16(truncatingIfNeeded: stored >> 16)] {
      if partial < word { partial &-= 1 }
      partial &-= word
    }
    return UInt32(partial) &+ UInt32(truncatingIfNeeded: bytes.count)
  }

  /// Whether the stored checksum is that of the file.
  public var checksumMatches: Bool { header.storedChecksum == computedChecksum }
}
