public import GuestABI
public import PortableExecutable

/// An image in a machine's memory.
public struct LoadedImage: Sendable {
  /// The name of the file, as imports of other drivers name it.
  public let name: String
  /// The name that the file has where the driver is installed.
  let installedName: String
  /// The image's file.
  public let image: Image
  /// The addresses that the image has.
  public let range: Range<VirtualAddress>
  /// Where the images begin that this one imports from.
  let providers: [VirtualAddress]

  /// The first instruction of `DriverEntry`, or nil for an image that only exports.
  public var entryPoint: VirtualAddress? { image.entryPoint.map { range.lowerBound + $0.offset } }

  /// Whether imports from a module mean this image: by the name of its file, or by the name in its
  /// export directory, since a file may have been renamed.
  func isModule(_ module: String) -> Bool {
    let module = module.lowercased()
    return name.lowercased() == module || installedName.lowercased() == module
      || image.exports?.moduleName.lowercased() == module
  }

  /// Returns the offset of an address from the base, or nil if it is not in the image.
  public func offset(of address: VirtualAddress) -> Int? {
    range.contains(address) ? Int(address.rawValue - range.lowerBound.rawValue) : nil
  }
}

/// Why a driver cannot be loaded on a release.
public struct LoadFailure: Error, Sendable {
  /// The status with which NT's loader fails.
  public let status: UInt32
  /// The C constant of the status.
  public let statusName: String
  /// What is missing, in one sentence.
  public let reason: String
  /// The import that cannot be bound, if that is it.
  public let symbol: String?
  /// The module that it is imported from.
  public let module: String?
  /// How it is known that the release lacks it.
  public let evidence: String?
}
