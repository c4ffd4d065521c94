internal import GuestABI
internal import NTStructures

extension MemoryVolume {
  /// What a directory query returns of each file.
  private enum EntryKind: UInt32 {
    case directory = 1
    case full = 2
    case both = 3
    case names = 12
    case idBoth = 37
    case idFull = 38
  }

  /// Carries out `IRP_MJ_DIRECTORY_CONTROL`.
  func directoryControl(_ request: VolumeRequest) throws -> Outcome {
    let view = memory[request.location]
    // IRP_MN_QUERY_DIRECTORY.
    guard try view.minorFunction == 1 else {
      throw Unmodelled("being notified of changes to a directory")
    }
    guard let open = try open(of: request), let id = open.node, let node = nodes[id],
      node.isDirectory
    else { return .failed(.invalidParameter) }
    guard let kind = EntryKind(rawValue: try view.directoryClass) else {
      throw Unmodelled("querying a directory for information of class \(try view.directoryClass)")
    }
    let flags = try view.flags
    // SL_INDEX_SPECIFIED: NTFS goes by names alone, and goes on from the file's name.
    guard flags & 4 == 0 else { throw Unmodelled("querying a directory from an index on") }
    let isFirst = open.pattern == nil
    if isFirst { open.pattern = try pattern(of: view.directoryPattern) }
    // SL_RESTART_SCAN.
    if flags & 1 != 0 { open.position = 0 }
    let entries = try entries(of: node, matching: open.pattern ?? [])
    guard open.position < entries.count else {
      return .failed(isFirst ? .noSuchFile : .noMoreFiles)
    }
    let length = Int(try view.length)
    var bytes: [UInt8] = []
    var last = 0
    while open.position < entries.count {
      let (name, entry) = entries[open.position]
      let encoded = encode(name, entry, as: kind)
      let start = (bytes.count + 7) & ~7
      if start + encoded.count > length {
        guard bytes.isEmpty else { break }
        let nameLength = name.utf16.count * 2
        guard length >= encoded.count - nameLength else { return .failed(.infoLengthMismatch) }
        // The first name is cut off, and the entry counts as returned.
        open.position += 1
        return try finish(request, Array(encoded.prefix(length)), .bufferOverflow)
      }
      bytes += [UInt8](repeating: 0, count: start - bytes.count)
      if start > 0 {
        let distance = UInt32(start - last)
        for byte in 0..<4 { bytes[last + byte] = UInt8(truncatingIfNeeded: distance >> (byte * 8)) }
      }
      last = start
      bytes += encoded
      open.position += 1
      // SL_RETURN_SINGLE_ENTRY.
      if flags & 2 != 0 { break }
    }
    return try finish(request, bytes, .success)
  }

  private func finish(
    _ request: VolumeRequest,
    _ bytes: [UInt8],
    _ status: NTStatus
  ) throws -> Outcome {
    try withBuffer(of: request, bytes.count) { try memory.store(bytes: bytes, at: $0) }
    return Outcome(status: status, information: UInt64(bytes.count))
  }

  private func pattern(of string: GuestPointer<CountedString>) throws -> [UInt16] {
    let text = string.isNull ? "" : try memory.text(of: string)
    guard text.utf16.count <= 1024 else {
      throw Unmodelled("querying a directory for a name of more than 1,024 characters")
    }
    let units = text.isEmpty || text == "*.*" ? [0x2A] : Array(text.utf16)
    return units.map(ObjectName.uppercase)
  }

  /// The files of a directory that a pattern fits, in the order of their names, which is NTFS's.
  private func entries(
    of directory: VolumeNode,
    matching pattern: [UInt16]
  ) throws -> [(name: String, node: VolumeNode)] {
    if SystemFiles.isPartial(path(of: directory)) {
      // A name without wild cards is looked up; what else there is, only a real machine knows.
      let name = String(decoding: pattern, as: UTF16.self)
      guard !NameExpression.hasWildcards(pattern),
        !SystemFiles.isMissing(name, in: path(of: directory))
          || directory.children[ObjectName(name)] != nil
      else { throw Unmodelled("what the directory \(path(of: directory)) holds") }
    }
    var found: [(String, VolumeNode)] = []
    if directory.id != Self.rootID, let parent = nodes[directory.parent] {
      found = [(".", directory), ("..", parent)]
    }
    found += directory.children.sorted { $0.key < $1.key }.compactMap { _, id in
      nodes[id].map { ($0.name, $0) }
    }
    return found.filter { NameExpression.matches(pattern, ObjectName($0.0).units) }
  }

  private func encode(_ name: String, _ node: VolumeNode, as kind: EntryKind) -> [UInt8] {
    let units = name.littleEndianUTF16
    var bytes: [UInt8] = []
    // NextEntryOffset and FileIndex.
    bytes.append(littleEndian: UInt64(0))
    if kind != .names {
      for time in [node.times.creation, node.times.access, node.times.write, node.times.change] {
        bytes.append(littleEndian: time)
      }
      bytes.append(littleEndian: Int64(node.data.count))
      bytes.append(littleEndian: Int64(node.allocatedByteCount))
      bytes.append(littleEndian: node.reportedAttributes)
    }
    bytes.append(littleEndian: UInt32(units.count))
    if [.full, .both, .idBoth, .idFull].contains(kind) { bytes.append(littleEndian: UInt32(0)) }
    // No short name: ShortNameLength and 12 characters.
    if kind == .both || kind == .idBoth { bytes += [UInt8](repeating: 0, count: 26) }
    if kind == .idBoth { bytes += [0, 0] }
    if kind == .idFull { bytes.append(littleEndian: UInt32(0)) }
    if kind == .idBoth || kind == .idFull { bytes.append(littleEndian: node.id | 1 << 48) }
    return bytes + units
  }
}
