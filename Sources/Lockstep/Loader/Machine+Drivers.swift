public import GuestABI
public import NTKernel
internal import NTStructures
internal import PortableExecutable

extension Machine: DriverImageLoader {
  /// Maps a driver's image, after those that it imports from.
  ///
  /// - Returns: The images that were mapped, the driver's last.
  /// - Throws: What ``load(_:name:)`` throws. What was mapped is unmapped then.
  func map(_ driver: AvailableDriver) throws -> [LoadedImage] {
    var mapped: [LoadedImage] = []
    do {
      try map(driver, into: &mapped, depth: 0)
    } catch {
      for image in mapped.reversed() { try unload(image) }
      throw error
    }
    return mapped
  }

  private func map(
    _ driver: AvailableDriver,
    into mapped: inout [LoadedImage],
    depth: Int
  ) throws {
    guard depth < 16 else { throw Unmodelled("drivers that import from each other in a circle") }
    for module in driver.image.imports {
      guard !images.contains(where: { $0.isModule(module.name) }),
        let found = available.first(where: { $0.isModule(module.name) })
      else { continue }
      try map(found, into: &mapped, depth: depth + 1)
    }
    mapped.append(
      try load(driver.image, name: driver.name, installedName: driver.installedName)
    )
  }

  public func mapDriver(_ file: String) throws -> DriverMapping {
    guard let driver = available.first(where: { $0.isFile(file) }) else { return .noSuchFile }
    guard !images.contains(where: { $0.name == driver.name }) else { return .alreadyMapped }
    do {
      return .mapped(try map(driver).map(describe))
    } catch let failure as LoadFailure {
      loadFailures.append((driver.name, failure))
      return .failed(NTStatus(guestBits: UInt64(failure.status)))
    }
  }

  /// What the kernel is told of an image.
  func describe(_ loaded: LoadedImage) -> DriverImage {
    func address(of name: String) -> VirtualAddress? {
      guard case .address(let rva) = loaded.image.exports?.lookup(name)?.target else {
        return nil
      }
      return loaded.range.lowerBound + rva.offset
    }
    return DriverImage(
      name: loaded.name,
      service: String(loaded.installedName.prefix { $0 != "." }),
      range: loaded.range,
      entryPoint: loaded.entryPoint,
      initializer: address(of: "DllInitialize"),
      finalizer: address(of: "DllUnload")
    )
  }

  public func orphans(of range: Range<VirtualAddress>) -> [DriverImage] {
    guard let image = images.first(where: { $0.range == range }) else { return [] }
    // NT counts the imports of those that can be told (windows-driver-docs, creating-export-drivers).
    return images.filter { other in
      let base = other.range.lowerBound
      return image.providers.contains(base)
        && !images.contains { $0.range != range && $0.providers.contains(base) }
        && kernel.drivers.driver(of: other.range) == nil
    }
    .map(describe).filter { $0.initializer != nil && $0.finalizer != nil }
  }

  public func unmapDriver(at range: Range<VirtualAddress>) throws {
    if let image = images.first(where: { $0.range == range }) { try unload(image) }
  }
}
