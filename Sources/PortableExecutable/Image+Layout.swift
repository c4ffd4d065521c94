extension Image {
  /// Returns the image as it lies in memory at the given base, with imports not yet bound.
  ///
  /// The result has ``ImageHeader/sizeOfImage`` bytes: the headers, the sections, and zeros between
  /// them. All base relocations are applied; the headers, with the preferred base in them, are as in
  /// the file.
  ///
  /// Fails when the image would not fit there, or was linked without relocations for another base.
  /// An image that has no relocation table, but does not claim to be stripped of it, can be placed
  /// anywhere: it just holds no addresses.
  public func layOut(at base: UInt64) throws(PortableExecutableError) -> [UInt8] {
    guard base.isMultiple(of: UInt64(ImageHeader.pageSize)) else {
      throw PortableExecutableError(
        .unsuitableBase,
        "cannot load the image at \(hex(base)), which is not a multiple of 0x1000"
      )
    }
    let last: UInt64 = header.machine == .i386 ? 0xFFFF_FFFF : .max
    guard base <= last, UInt64(header.sizeOfImage) - 1 <= last - base else {
      throw PortableExecutableError(
        .unsuitableBase,
        "cannot load the image at \(hex(base)): its \(hex(header.sizeOfImage)) bytes would not fit "
          + "below the end of the address space"
      )
    }
    guard base == header.imageBase || !header.relocationsStripped else {
      throw PortableExecutableError(
        .unsuitableBase,
        "cannot load the image at \(hex(base)): it was linked without relocations for "
          + hex(header.imageBase)
      )
    }
    var image = memory.bytes
    let delta = base &- header.imageBase
    if delta != 0 {
      for relocation in relocations { relocation.apply(delta, to: &image) }
    }
    return image
  }

  static func copyIntoMemory(
    _ file: ByteReader,
    _ header: ImageHeader,
    _ sections: [Section]
  ) -> ByteReader {
    let size = Int(header.sizeOfImage)
    var image: [UInt8] = []
    image.reserveCapacity(size)
    image += file.bytes[..<Int(header.sizeOfHeaders)]
    for section in sections {
      image += [UInt8](repeating: 0, count: section.address.offset - image.count)
      image += file.bytes[section.rawRange]
    }
    image += [UInt8](repeating: 0, count: size - image.count)
    return ByteReader(bytes: image, space: .memory)
  }
}
