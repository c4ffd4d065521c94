internal import GuestABI
internal import NTStructures

extension ObjectManager {
  /// The routines that say what an object is, and what a directory holds.
  var queryExports: [Export] {
    [
      export("ZwQueryObject") {
        [self]
        (
          handle: VirtualAddress,
          kind: UInt32,
          buffer: VirtualAddress,
          length: UInt32,
          resultLength: GuestPointer<UInt32>
        ) in
        guard let entry = entry(for: handle) else { return NTStatus.invalidHandle }
        switch kind {
        case 0: return try queryBasics(entry, buffer, length, resultLength)
        case 1:
          guard let body = try body(of: entry.object) else { return .insufficientResources }
          return try queryName(body, GuestPointer(buffer), Int(length), resultLength)
        case 2: return try queryType(entry.object, buffer, length, resultLength)
        default: throw Unmodelled("ZwQueryObject: OBJECT_INFORMATION_CLASS \(kind)")
        }
      },
      export("ZwQueryDirectoryObject") {
        [self]
        (
          handle: VirtualAddress,
          buffer: VirtualAddress,
          length: UInt32,
          returnsOne: Bool,
          restarts: Bool,
          context: GuestPointer<UInt32>,
          resultLength: GuestPointer<UInt32>
        ) in
        guard let object = object(for: handle) else { return NTStatus.invalidHandle }
        guard case .directory(let children) = object.payload else { return .objectTypeMismatch }
        let path = fullName(of: object)
        guard !UnmodelledNames.hasNames(in: path) else {
          throw Unmodelled("ZwQueryDirectoryObject: all that \(path) holds")
        }
        // The order of the entries is not documented; here it is that of their names.
        let entries = children.sorted { $0.key < $1.key }.map(\.value)
        let listing = DirectoryListing(memory: memory, buffer: buffer, length: Int(length))
        return try listing.write(
          entries,
          from: restarts ? 0 : Int(memory.load(UInt32.self, at: context.address)),
          returnsOne: returnsOne,
          context: context,
          resultLength: resultLength
        )
      },
    ]
  }

  /// Stores a `PUBLIC_OBJECT_BASIC_INFORMATION`: 56 bytes, of which the last forty are reserved.
  private func queryBasics(
    _ entry: HandleTable.Entry,
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ resultLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    if !resultLength.isNull { try memory.store(UInt32(56), at: resultLength.address) }
    guard length == 56 else { return .infoLengthMismatch }
    try memory.fill(at: buffer, count: 56)
    let numbers = [
      entry.attributes.intersection([.inherit, .permanent, .exclusive]).rawValue,
      entry.access.rawValue,
      UInt32(truncatingIfNeeded: entry.object.handleCount),
      UInt32(truncatingIfNeeded: entry.object.referenceCount),
    ]
    for (index, number) in numbers.enumerated() {
      try memory.store(number, at: buffer + index * 4)
    }
    return .success
  }

  /// Stores a `PUBLIC_OBJECT_TYPE_INFORMATION`: the type's name, and 22 words that are reserved.
  private func queryType(
    _ object: KernelObject,
    _ buffer: VirtualAddress,
    _ length: UInt32,
    _ resultLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    let name = object.kind.typeName.littleEndianUTF16
    let header = CountedString.size(on: memory.architecture) + 88
    let size = header + name.count + 2
    if !resultLength.isNull { try memory.store(UInt32(size), at: resultLength.address) }
    guard Int(length) >= size else { return .infoLengthMismatch }
    try memory.fill(at: buffer, count: size)
    try memory.store(bytes: name, at: buffer + header)
    try memory.set(
      GuestPointer(buffer),
      buffer: buffer + header,
      length: name.count,
      maximumLength: name.count + 2
    )
    return .success
  }
}

/// A list of `OBJECT_DIRECTORY_INFORMATION` in a buffer: pairs of strings up to an empty pair, and then
/// their text.
struct DirectoryListing {
  let memory: AddressSpace
  let buffer: VirtualAddress
  let length: Int

  /// Stores as many entries as fit.
  ///
  /// - Returns: `STATUS_NO_MORE_ENTRIES` if none is left, `STATUS_MORE_ENTRIES` if not all that are left
  ///   fit, and `STATUS_BUFFER_TOO_SMALL` if not even the first does.
  /// - Throws: A `GuestFault` if the buffer cannot be written.
  func write(
    _ entries: [KernelObject],
    from start: Int,
    returnsOne: Bool,
    context: GuestPointer<UInt32>,
    resultLength: GuestPointer<UInt32>
  ) throws -> NTStatus {
    guard start < entries.count else { return .noMoreEntries }
    let header = 2 * CountedString.size(on: memory.architecture)
    func size(_ object: KernelObject) -> Int {
      header + (object.name?.utf16.count ?? 0) * 2 + object.kind.typeName.utf16.count * 2 + 4
    }
    var used = header
    var chosen: [KernelObject] = []
    for object in entries[start...] {
      guard used + size(object) <= length else { break }
      used += size(object)
      chosen.append(object)
      if returnsOne { break }
    }
    guard !chosen.isEmpty else {
      if !resultLength.isNull {
        let needed = UInt32(clamping: header + size(entries[start]))
        try memory.store(needed, at: resultLength.address)
      }
      return .bufferTooSmall
    }
    var place = buffer
    var text = buffer + header * (chosen.count + 1)
    try memory.fill(at: buffer + header * chosen.count, count: header)
    for object in chosen {
      for string in [object.name ?? "", object.kind.typeName] {
        let bytes = string.littleEndianUTF16
        try memory.store(bytes: bytes + [0, 0], at: text)
        try memory.set(
          GuestPointer(place),
          buffer: text,
          length: bytes.count,
          maximumLength: bytes.count + 2
        )
        text = text + (bytes.count + 2)
        place = place + header / 2
      }
    }
    try memory.store(UInt32(clamping: start + chosen.count), at: context.address)
    if !resultLength.isNull { try memory.store(UInt32(clamping: used), at: resultLength.address) }
    return returnsOne || start + chosen.count == entries.count ? .success : .moreEntries
  }
}
