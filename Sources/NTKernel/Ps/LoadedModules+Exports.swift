public import GuestABI
internal import NTStructures

extension LoadedModules {
  /// The bytes of a path that are told: `AUX_KLIB_MODULE_PATH_LEN`.
  private static var pathSize: Int { 256 }

  /// The routines that drivers import.
  public var exports: [Export] {
    [
      export("RtlQueryModuleInformation") {
        [self]
        (size: GuestPointer<UInt32>, elementSize: UInt32, modules: VirtualAddress) in
        try query(size, Int(elementSize), modules)
      }
    ]
  }

  /// Tells the images in the system's memory.
  ///
  /// The routine itself is not documented; it is what `AuxKlibQueryModuleInformation` calls where the
  /// kernel has it, whose page says what the elements are: `AUX_MODULE_BASIC_INFO`, the image's base,
  /// or `AUX_MODULE_EXTENDED_INFO`, with its size and path too (windows-driver-docs-ddi, aux_klib).
  private func query(
    _ size: GuestPointer<UInt32>,
    _ elementSize: Int,
    _ place: VirtualAddress
  ) throws -> NTStatus {
    let memory = memory
    let width = memory.architecture.pointerSize
    // Base, size and the offset of the file's name come before the path; the whole is aligned.
    let extendedSize = (width + 6 + Self.pathSize + width - 1) & ~(width - 1)
    guard elementSize == width || elementSize == extendedSize else { return .invalidParameter }
    let needed = UInt32(clamping: modules.count * elementSize)
    guard place != .null else {
      try memory.store(needed, at: size.address)
      return .success
    }
    let given: UInt32 = try memory.load(at: size.address)
    try memory.store(needed, at: size.address)
    guard given >= needed else { return .bufferTooSmall }
    for (index, module) in modules.enumerated() {
      let element = place + index * elementSize
      try memory.store(module.range.lowerBound, at: element)
      guard elementSize == extendedSize else { continue }
      let path = Array(module.path.utf8.prefix(Self.pathSize - 1))
      let nameLength = min(module.name.utf8.count, path.count)
      try memory.store(UInt32(clamping: module.byteCount), at: element + width)
      try memory.store(UInt16(clamping: path.count - nameLength), at: element + width + 4)
      try memory.fill(at: element + width + 6, count: Self.pathSize)
      try memory.store(bytes: path, at: element + width + 6)
    }
    return .success
  }
}
