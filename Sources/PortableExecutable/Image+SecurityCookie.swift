extension Image {
  /// The cookie that a linker leaves for a loader to replace (Microsoft's compilers,
  /// `DEFAULT_SECURITY_COOKIE`).
  public var unsetSecurityCookie: UInt64 {
    header.machine == .i386 ? 0xBB40_E64E : 0x2B99_2DDF_A232
  }

  /// Returns the place of the cookie that the load configuration names, or nil if it names none within
  /// the image.
  ///
  /// The directory's `SecurityCookie` is an address, not an RVA (Microsoft PE/COFF specification, "The
  /// Load Configuration Structure").
  static func securityCookie(_ memory: ByteReader, _ header: ImageHeader) -> RVA? {
    let title = "the load configuration"
    let machine = header.machine
    let field = machine == .i386 ? 0x3C : 0x58
    guard let start = header.directory(.loadConfiguration)?.address.offset,
      let size = try? memory.uint32(at: start, in: title), Int(size) >= field + machine.pointerSize,
      let address = try? memory.pointer(at: start + field, for: machine, in: title)
    else { return nil }
    let offset = address &- header.imageBase
    let end = UInt64(header.sizeOfImage)
    guard address != 0, offset < end, UInt64(machine.pointerSize) <= end - offset else {
      return nil
    }
    return RVA(rawValue: UInt32(offset))
  }
}
