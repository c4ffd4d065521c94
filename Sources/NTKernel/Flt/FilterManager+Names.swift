internal import GuestABI
internal import NTStructures

extension FilterManager {
  /// Returns the name of the file that an operation is for.
  ///
  /// The corresponding kernel routine is `FltGetFileNameInformation`.
  func fileName(
    of data: GuestPointer<FltCallbackData>,
    _ options: UInt32,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    let block = memory[try memory[data].parameters]
    let instance = try instance(block.targetInstance, "FltGetFileNameInformation")
    return try fileName(of: block.targetFile, at: instance, options, result)
  }

  /// Returns the name of a file.
  ///
  /// The corresponding kernel routine is `FltGetFileNameInformationUnsafe`.
  func fileName(
    of file: GuestPointer<FileObject>,
    at instance: MiniFilterInstance,
    _ options: UInt32,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    let (format, method) = (options & 0xFF, options >> 8 & 0xFF)
    guard (1...3).contains(format), (1...4).contains(method) else { return .invalidParameter }
    guard format != 3 else { throw Unmodelled("FltGetFileNameInformation of a short name") }
    guard !file.isNull else { return .fltInvalidNameRequest }
    let place = memory[file].address(of: \.fileName)
    let path = try memory.bytes(of: GuestPointer<CountedString>(place))
    let volume = instance.volume.name.littleEndianUTF16
    let header = FltFileNameInformation.size(on: memory.architecture)
    let count = volume.count + path.count
    guard count <= 0xFFFE, let block = try allocate(header + count) else {
      return .insufficientResources
    }
    let text = block + header
    try memory.store(bytes: volume + path, at: text)
    let information = GuestPointer<FltFileNameInformation>(block)
    try memory[information].store(UInt16(header), in: \.size)
    try memory[information].store(options & 0xFF, in: \.format)
    try set(\.name, of: information, text, 0..<count / 2)
    try set(\.volume, of: information, text, 0..<volume.count / 2)
    nameReferences[block] = 1
    try memory.store(block, at: result)
    return .success
  }

  /// Sets one of the strings to a part of the name.
  private func set(
    _ field: KeyPath<FltFileNameInformation, Field<UInt16>>,
    of information: GuestPointer<FltFileNameInformation>,
    _ text: VirtualAddress,
    _ units: Range<Int>
  ) throws {
    try set(GuestPointer(memory[information].address(of: field)), text, units)
  }

  private func set(
    _ string: GuestPointer<CountedString>,
    _ text: VirtualAddress,
    _ units: Range<Int>
  ) throws {
    let isEmpty = units.isEmpty
    try memory.set(
      string,
      buffer: isEmpty ? .null : text + units.lowerBound * 2,
      length: units.count * 2,
      maximumLength: units.count * 2
    )
  }

  private func units(of string: GuestPointer<CountedString>) throws -> [UInt16] {
    let bytes = try memory.bytes(of: string)
    return stride(from: 0, to: bytes.count & ~1, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
  }

  /// Finds the parts of a file's name.
  ///
  /// The corresponding kernel routine is `FltParseFileNameInformation`.
  func parse(_ information: GuestPointer<FltFileNameInformation>) throws -> NTStatus {
    guard nameReferences[information.address] != nil else {
      throw Unmodelled("FltParseFileNameInformation of a name that is not the filter manager's")
    }
    let view = memory[information]
    let name = GuestPointer<CountedString>(view.address(of: \.name))
    let volume = GuestPointer<CountedString>(view.address(of: \.volume))
    let parts = FileNameParts(try units(of: name), from: Int(try memory[volume].length) / 2)
    let text = try memory[name].buffer
    try set(\.finalComponent, of: information, text, parts.finalComponent)
    try set(\.fileExtension, of: information, text, parts.fileExtension)
    try set(\.stream, of: information, text, parts.stream)
    try set(\.parentDirectory, of: information, text, parts.parentDirectory)
    // All four FLTFL_FILE_NAME_PARSED_….
    try view.store(0xF, in: \.parsed)
    return .success
  }

  /// Finds the parts of a name that a driver has.
  ///
  /// The corresponding kernel routine is `FltParseFileName`.
  func parse(
    _ name: GuestPointer<CountedString>,
    fileExtension: GuestPointer<CountedString>,
    stream: GuestPointer<CountedString>,
    finalComponent: GuestPointer<CountedString>
  ) throws -> NTStatus {
    let parts = FileNameParts(try units(of: name), from: 0)
    let text = try memory[name].buffer
    if !fileExtension.isNull { try set(fileExtension, text, parts.fileExtension) }
    if !stream.isNull { try set(stream, text, parts.stream) }
    if !finalComponent.isNull { try set(finalComponent, text, parts.finalComponent) }
    return .success
  }

  /// Counts one more or one less reference to a name.
  func changeReferences(
    of information: VirtualAddress,
    by change: Int,
    _ routine: String
  ) throws {
    guard let count = nameReferences[information] else {
      throw Unmodelled("\(routine) of \(information), which is not a name in use")
    }
    guard count + change > 0 else {
      nameReferences[information] = nil
      return try manager.freePool(information)
    }
    nameReferences[information] = count + change
  }
}
