extension Image {
  /// The `OriginalFilename` of the version resource, or nil if the image has none.
  ///
  /// NT does not read it when it loads a driver, so whatever is wrong with it is no reason to refuse the
  /// image (Microsoft PE/COFF specification, "The .rsrc Section"; Win32, `VS_VERSIONINFO`).
  public var originalFileName: String? { try? findOriginalFileName() }

  /// The most bytes of a version resource that are read.
  private static var longestVersion: Int { 1 << 16 }

  private func findOriginalFileName() throws -> String? {
    guard let root = header.directory(.resources)?.address.offset else { return nil }
    // Three levels: the kind of resource (16 is a version), its name, and its language.
    guard let kind = try entry(of: root, root, where: { $0 == 16 }), kind.isDirectory,
      let name = try entry(of: kind.offset, root, where: { _ in true }), name.isDirectory,
      let language = try entry(of: name.offset, root, where: { _ in true }), !language.isDirectory
    else { return nil }
    let start = Int(try memory.uint32(at: language.offset, in: "a resource"))
    let size = Int(try memory.uint32(at: language.offset + 4, in: "a resource"))
    let count = min(size, Self.longestVersion)
    try memory.require(count, at: start, in: "a version resource")
    let bytes = memory.bytes[start..<start + count]
    let units = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
    let key = Array("OriginalFilename".utf16) + [0]
    guard units.count > key.count,
      let place = (0..<units.count - key.count).first(where: {
        units[$0..<$0 + key.count].elementsEqual(key)
      })
    else { return nil }
    // The value begins at the next multiple of four bytes.
    let value = (place + key.count + 1) & ~1
    guard value < units.count else { return nil }
    let text = String(decoding: units[value...].prefix(260).prefix { $0 != 0 }, as: UTF16.self)
    return text.isEmpty ? nil : text
  }

  /// Returns the first entry of a resource directory whose number is wanted.
  private func entry(
    of directory: Int,
    _ root: Int,
    where isWanted: (UInt32) -> Bool
  ) throws(PortableExecutableError) -> (offset: Int, isDirectory: Bool)? {
    let named = Int(try memory.uint16(at: directory + 12, in: "a resource directory"))
    let numbered = Int(try memory.uint16(at: directory + 14, in: "a resource directory"))
    for index in 0..<min(named + numbered, 256) {
      let place = directory + 16 + 8 * index
      let number = try memory.uint32(at: place, in: "a resource directory")
      guard isWanted(number) else { continue }
      let target = try memory.uint32(at: place + 4, in: "a resource directory")
      return (root + Int(target & 0x7FFF_FFFF), target & 0x8000_0000 != 0)
    }
    return nil
  }
}
