extension Image {
  /// Returns whether there is a TLS directory, and refuses one that would have an effect.
  ///
  /// The directory holds addresses, not RVAs (Microsoft PE/COFF specification, "The TLS Directory").
  static func checkThreadLocalStorage(
    _ memory: ByteReader,
    _ header: ImageHeader
  ) throws(PortableExecutableError) -> Bool {
    let title = "the TLS directory"
    guard let directory = header.directory(.threadLocalStorage) else { return false }
    let machine = header.machine
    let start = directory.address.offset
    let size = machine.pointerSize
    try memory.require(4 * size + 8, at: start, in: title)
    let templateStart = try memory.pointer(at: start, for: machine, in: title)
    let templateEnd = try memory.pointer(at: start + size, for: machine, in: title)
    let callbacks = try memory.pointer(at: start + 3 * size, for: machine, in: title)
    let zeroFill = try memory.uint32(at: start + 4 * size, in: title)
    guard templateEnd <= templateStart, zeroFill == 0 else {
      throw .unsupported("the image has thread-local data (a TLS directory), which NT ignores")
    }
    guard callbacks != 0 else { return true }
    let address = callbacks &- header.imageBase
    guard address < UInt64(header.sizeOfImage) else {
      throw .malformed("the TLS callbacks at \(hex(callbacks)) are outside the image")
    }
    guard try memory.pointer(at: Int(address), for: machine, in: "the TLS callbacks") == 0 else {
      throw .unsupported("the image has TLS callbacks, which NT does not call in a driver")
    }
    return true
  }
}
