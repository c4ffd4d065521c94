internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import NTStructures
public import PortableExecutable

extension Machine {
  /// Maps an image into kernel space and binds its imports against what the release exports.
  ///
  /// - Parameters:
  ///   - image: The image. It must be one for this machine's architecture.
  ///   - name: The name of its file.
  ///   - installedName: The name that the file has where the driver is installed, if it is another.
  /// - Returns: The image in memory.
  /// - Throws: ``LoadFailure`` if the release cannot load it; `Unmodelled` if the machine has no room
  ///   for it.
  public func load(
    _ image: Image,
    name: String,
    installedName: String? = nil
  ) throws -> LoadedImage {
    let pageCount = (Int(image.sizeOfImage) + 4095) / 4096
    guard let base = try manager.reserveImage(pageCount: pageCount) else {
      throw Unmodelled("an image of \(pageCount) pages")
    }
    var isLoaded = false
    defer { if !isLoaded { manager.unmapImage(at: base) } }
    var bytes = try layOut(image, at: base)
    // The pages are writable until the imports are bound.
    let writable = Array(repeating: HardwarePTE.writable, count: pageCount)
    guard try manager.mapImage(at: base, protections: writable) else {
      throw Unmodelled("an image of \(pageCount) pages")
    }
    try bind(image, name, into: &bytes)
    fillSecurityCookie(of: image, in: &bytes)
    try memory.store(bytes: bytes, at: base)
    try protect(image, at: base, pageCount)
    let loaded = LoadedImage(
      name: name,
      installedName: installedName ?? name,
      image: image,
      range: base..<base + pageCount * 4096,
      providers: image.imports.compactMap { module in
        images.first { $0.isModule(module.name) }?.range.lowerBound
      }
    )
    try kernel.modules.add(
      loaded.installedName,
      path: kernel.modules.path(ofDriver: loaded.installedName),
      range: loaded.range,
      entryPoint: loaded.entryPoint ?? .null,
      checksum: image.header.storedChecksum
    )
    images.append(loaded)
    imageHistory.append(loaded)
    kernel.exceptions.functionTables.insert(loaded.range, directory: functionTable(of: loaded))
    kernel.addDriverFile(name, image.fileBytes)
    isLoaded = true
    return loaded
  }

  private func layOut(_ image: Image, at base: VirtualAddress) throws -> [UInt8] {
    do {
      return try image.layOut(at: base.rawValue)
    } catch {
      // STATUS_CONFLICTING_ADDRESSES: no release loads it at the address that it was linked for.
      throw LoadFailure(
        status: 0xC000_0018,
        statusName: "STATUS_CONFLICTING_ADDRESSES",
        reason: error.message,
        symbol: nil,
        module: nil,
        evidence: nil
      )
    }
  }

  /// Removes an image.
  ///
  /// - Throws: A `GuestFault` if a driver has broken the list of loaded modules.
  public func unload(_ image: LoadedImage) throws {
    try kernel.modules.remove(image.range)
    images.removeAll { $0.range == image.range }
    kernel.exceptions.functionTables.remove(image.range)
    manager.unmapImage(at: image.range.lowerBound)
  }

  /// Stores the address of each import in its slot.
  private func bind(_ image: Image, _ name: String, into bytes: inout [UInt8]) throws {
    let width = memory.architecture.pointerSize
    for module in image.imports {
      for symbol in module.imports {
        let address = try resolve(symbol, from: module.name)
        let slot = symbol.slot.offset
        guard slot >= 0, slot + width <= bytes.count else {
          throw Unmodelled("an import slot outside the image")
        }
        for index in 0..<width {
          bytes[slot + index] = UInt8(truncatingIfNeeded: address.rawValue >> (8 * index))
        }
      }
    }
  }

  /// Gives the image a cookie of its own for the checks of its stack, where the linker left none.
  ///
  /// NT's cookies are random; on x64 their upper 16 bits are zero. This one is the same in every run.
  private func fillSecurityCookie(of image: Image, in bytes: inout [UInt8]) {
    let place = image.securityCookie?.offset
    guard behaviour.loaderFillsSecurityCookie, let place else { return }
    let width = memory.architecture.pointerSize
    guard place >= 0, place <= bytes.count - width else { return }
    func bytesOf(_ value: UInt64) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    guard bytes[place..<place + width].elementsEqual(bytesOf(image.unsetSecurityCookie)) else {
      return
    }
    bytes.replaceSubrange(place..<place + width, with: bytesOf(0x6C3A_95E1_0F2D))
  }

  private func resolve(
    _ symbol: ImportedSymbol,
    from module: String
  ) throws -> VirtualAddress {
    if let driver = images.first(where: { $0.isModule(module) }) {
      return try resolve(symbol.reference, in: driver, depth: 0)
    }
    guard case .name(let name, _) = symbol.reference else {
      guard ExportModule(dll: module) == nil else {
        throw Unmodelled("import by ordinal from \(module)")
      }
      throw Unmodelled("the module \(module)")
    }
    return try resolve(name, from: module)
  }

  /// Returns the address of what a driver imports by name from the kernel, the HAL or another module.
  private func resolve(_ name: String, from module: String) throws -> VirtualAddress {
    let release = configuration.release
    guard
      let found = ExportHistory.resolve(
        name,
        importedFrom: module,
        by: release,
        on: configuration.architecture.platform
      )
    else { throw Unmodelled("the module \(module)") }
    switch found.availability {
    case .exported: break
    case .notExported(let first, let last, _):
      let history =
        first.map { "exported from \($0.name)\(last.map { " to \($0.name)" } ?? "")" }
        ?? "not exported by any release known"
      throw LoadFailure(
        status: 0xC000_0263,
        statusName: "STATUS_DRIVER_ENTRYPOINT_NOT_FOUND",
        reason: "\(release.name) has no \(name) in \(module): \(history)",
        symbol: name,
        module: module,
        evidence: found.source
      )
    case .noModule: throw missing(found, from: module)
    case .unknown(.unlisted):
      // The driver may load and never use it.
      unlistedImports.append("\(name) of \(module)")
      return try names.addressOfUnmodelled("\(name) of \(module)")
    case .unknown(.seenOnlySince) where found.module != .kernel && found.module != .hal:
      // Tables of other modules begin with the first release that their documents name.
      unlistedImports.append("\(name) of \(module)")
    case .unknown(let reason):
      throw Unmodelled(
        "the export \(name), of which it is not known whether the release has it: \(reason)"
      )
    }
    return try names.address(of: found.name)
  }

  /// Why a driver cannot be loaded that imports from a file that the release does not have.
  private func missing(_ found: ExportHistory.Resolution, from module: String) -> LoadFailure {
    // Which status the loader fails with is not documented: that of opening the file is assumed.
    LoadFailure(
      status: 0xC000_0034,
      statusName: "STATUS_OBJECT_NAME_NOT_FOUND",
      reason: "\(configuration.release.name) has no \(module): \(found.availability)",
      symbol: nil,
      module: module,
      evidence: found.source
    )
  }

  /// Returns the address of what one driver imports from another, through forwarders.
  private func resolve(
    _ reference: ImportedSymbol.Reference,
    in driver: LoadedImage,
    depth: Int
  ) throws -> VirtualAddress {
    guard depth < 16 else { throw Unmodelled("forwarders nested too deeply") }
    let export: PortableExecutable.Export?
    let text: String
    switch reference {
    case .name(let name, _):
      export = driver.image.exports?.lookup(name)
      text = name
    case .ordinal(let ordinal):
      export = driver.image.exports?.lookup(ordinal: UInt32(ordinal))
      text = "ordinal \(ordinal)"
    }
    switch export?.target {
    case .address(let rva): return driver.range.lowerBound + rva.offset
    case .forwarder(let forwarder):
      let next: ImportedSymbol.Reference =
        switch forwarder.symbol {
        case .name(let name): .name(name, hint: 0)
        case .ordinal(let ordinal): .ordinal(ordinal)
        }
      let module = forwarder.module.lowercased()
      if let target = images.first(where: { $0.isModule(module) || $0.isModule(module + ".sys") }) {
        return try resolve(next, in: target, depth: depth + 1)
      }
      guard case .name(let name, _) = next else {
        throw Unmodelled("import by ordinal from \(module)")
      }
      let file = ExportModule(forwarder: module)?.fileName
      return try resolve(name, from: file ?? "\(module).sys")
    case nil:
      let isOrdinal = if case .ordinal = reference { true } else { false }
      throw LoadFailure(
        status: isOrdinal ? 0xC000_0262 : 0xC000_0263,
        statusName: isOrdinal
          ? "STATUS_DRIVER_ORDINAL_NOT_FOUND" : "STATUS_DRIVER_ENTRYPOINT_NOT_FOUND",
        reason: "\(driver.name) does not export \(text)",
        symbol: text,
        module: driver.name,
        evidence: nil
      )
    }
  }

  /// Gives each page the protection that its sections ask for.
  private func protect(_ image: Image, at base: VirtualAddress, _ pageCount: Int) throws {
    // Images whose sections are not page aligned are writable and executable throughout.
    guard behaviour.protectsReadOnlySystemMemory, image.hasPageAlignedSections else { return }
    for section in image.sections where !section.characteristics.contains(.write) {
      let first = section.range.lowerBound.offset / 4096
      let last = (section.range.upperBound.offset + 4095) / 4096
      manager.writeProtect(first..<min(last, pageCount), of: base)
    }
  }

  /// Where the function table of an image is, which is empty for one without a table.
  private func functionTable(of image: LoadedImage) -> Range<VirtualAddress> {
    let base = image.range.lowerBound
    guard let table = image.image.exceptionTable else { return base..<base }
    let start = base + table.address.offset
    return start..<start + Int(table.size)
  }
}
