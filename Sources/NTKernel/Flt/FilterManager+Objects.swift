internal import GuestABI
internal import NTStructures

extension FilterManager {
  /// Counts a reference, and puts an object where a driver wants it.
  func give(_ object: VirtualAddress, at place: VirtualAddress) throws -> NTStatus {
    references[object, default: 0] += 1
    try memory.store(object, at: place)
    return .success
  }

  /// Gives back what ``give(_:at:)`` gave.
  ///
  /// The corresponding kernel routine is `FltObjectDereference`.
  func giveBack(_ object: VirtualAddress) throws {
    guard let count = references[object], count > 0 else {
      throw Unmodelled("FltObjectDereference of \(object), which has no references")
    }
    references[object] = count - 1
  }

  /// Gives a driver several objects, each with a reference.
  ///
  /// - Parameters:
  ///   - objects: The objects.
  ///   - list: Where they go.
  ///   - capacity: The objects that there is room for.
  ///   - count: Where their number goes, also if it is too large.
  /// - Returns: `STATUS_BUFFER_TOO_SMALL` if there is too little room.
  /// - Throws: A `GuestFault` if the list cannot be written.
  func give(
    _ objects: [VirtualAddress],
    _ list: VirtualAddress,
    _ capacity: UInt32,
    _ count: VirtualAddress
  ) throws -> NTStatus {
    try memory.store(UInt32(clamping: objects.count), at: count)
    guard objects.count <= Int(capacity) else { return .bufferTooSmall }
    for (index, object) in objects.enumerated() {
      _ = try give(object, at: list + index * memory.architecture.pointerSize)
    }
    return .success
  }

  /// Returns a volume's name.
  ///
  /// The corresponding kernel routine is `FltGetVolumeName`.
  func volumeName(
    _ address: VirtualAddress,
    _ string: GuestPointer<CountedString>,
    _ needed: VirtualAddress
  ) throws -> NTStatus {
    let name = try volume(address, "FltGetVolumeName").name.littleEndianUTF16
    if needed != .null { try memory.store(UInt32(name.count), at: needed) }
    guard !string.isNull else { return .bufferTooSmall }
    guard try Int(memory[string].maximumLength) >= name.count else { return .bufferTooSmall }
    try memory.store(bytes: name, at: memory[string].buffer)
    try memory[string].store(UInt16(name.count), in: \.length)
    return .success
  }

  /// The routines that find filters, instances and volumes.
  var objectExports: [Export] {
    [
      export("FltObjectReference") { [self] (object: VirtualAddress) in
        guard isObject(object) else {
          throw Unmodelled("FltObjectReference of \(object), which is no object")
        }
        references[object, default: 0] += 1
        return NTStatus.success
      },
      export("FltObjectDereference", to: giveBack(_:)),
      export("FltGetVolumeFromInstance") {
        [self]
        (address: VirtualAddress, result: VirtualAddress) in
        try give(instance(address, "FltGetVolumeFromInstance").volume.address, at: result)
      },
      export("FltGetFilterFromInstance") {
        [self]
        (address: VirtualAddress, result: VirtualAddress) in
        try give(instance(address, "FltGetFilterFromInstance").filter, at: result)
      },
      export("FltGetVolumeFromName") {
        [self]
        (filter: VirtualAddress, name: GuestPointer<CountedString>, result: VirtualAddress) in
        let name = ObjectName(try memory.text(of: name))
        guard let volume = volumes.first(where: { ObjectName($0.name) == name }) else {
          return NTStatus.fltVolumeNotFound
        }
        return try give(volume.address, at: result)
      },
      export("FltGetFilterFromName") {
        [self]
        (name: GuestPointer<CountedString>, result: VirtualAddress) in
        let name = ObjectName(try memory.text(of: name))
        guard let filter = filters.first(where: { ObjectName($0.name) == name }) else {
          return NTStatus.fltFilterNotFound
        }
        return try give(filter.address, at: result)
      },
      export("FltGetVolumeName", to: volumeName(_:_:_:)),
      export("FltGetFileSystemType") { [self] (object: VirtualAddress, result: VirtualAddress) in
        let volume =
          try volumes.first { $0.address == object }
          ?? instance(object, "FltGetFileSystemType").volume
        try memory.store(volume.fileSystem, at: result)
        return NTStatus.success
      },
      export("FltEnumerateVolumes") {
        [self]
        (filter: VirtualAddress, list: VirtualAddress, capacity: UInt32, count: VirtualAddress) in
        try give(volumes.map(\.address), list, capacity, count)
      },
      export("FltEnumerateFilters") {
        [self]
        (list: VirtualAddress, capacity: UInt32, count: VirtualAddress) in
        try give(filters.map(\.address), list, capacity, count)
      },
      export("FltEnumerateInstances") {
        [self]
        (
          volume: VirtualAddress,
          filter: VirtualAddress,
          list: VirtualAddress,
          capacity: UInt32,
          count: VirtualAddress
        ) in
        let found = filters.flatMap(\.instances).filter { instance in
          (volume == .null || instance.volume.address == volume)
            && (filter == .null || instance.filter == filter)
        }
        return try give(found.map(\.address), list, capacity, count)
      },
    ]
  }
}
