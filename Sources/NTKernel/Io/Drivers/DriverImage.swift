public import GuestABI
public import NTStructures

/// The image of a driver that the machine has mapped.
public struct DriverImage: Sendable {
  /// The name of its file.
  public let name: String
  /// The name of the service that it is installed as.
  public let service: String
  /// The addresses that it has.
  public let range: Range<VirtualAddress>
  /// `DriverEntry`, or nil for an image without one.
  public let entryPoint: VirtualAddress?
  /// `DllInitialize`, or nil if it exports none.
  public let initializer: VirtualAddress?
  /// `DllUnload`, or nil if it exports none.
  public let finalizer: VirtualAddress?

  /// Creates the description of an image.
  public init(
    name: String,
    service: String,
    range: Range<VirtualAddress>,
    entryPoint: VirtualAddress?,
    initializer: VirtualAddress?,
    finalizer: VirtualAddress?
  ) {
    self.name = name
    self.service = service
    self.range = range
    self.entryPoint = entryPoint
    self.initializer = initializer
    self.finalizer = finalizer
  }
}

/// What came of mapping a driver's file.
public enum DriverMapping: Sendable {
  /// The images that were mapped: those that it imports from first, the driver last.
  case mapped([DriverImage])
  /// The file's image is there already.
  case alreadyMapped
  /// There is no such file.
  case noSuchFile
  /// NT's loader fails with this status.
  case failed(NTStatus)
}

/// What maps the images of drivers: the machine.
public protocol DriverImageLoader: AnyObject {
  /// Maps the image of a file, after those that it imports from.
  ///
  /// - Parameter file: The name of the file, without a path.
  /// - Returns: What came of it.
  /// - Throws: ``Unmodelled`` if something that the image needs is not modelled.
  func mapDriver(_ file: String) throws -> DriverMapping

  /// The export drivers from which only one image imports, and which NT unloads with it.
  func orphans(of range: Range<VirtualAddress>) throws -> [DriverImage]

  /// Unmaps an image.
  ///
  /// - Throws: A `GuestFault` if a driver has broken the list of loaded modules.
  func unmapDriver(at range: Range<VirtualAddress>) throws
}

/// What became of a driver, beside what the guest itself does.
public enum DriverAct: Sendable {
  /// Its image was mapped.
  case loaded
  /// It cannot be loaded.
  case notLoaded(NTStatus)
  /// Its `DllInitialize` returned.
  case initialized(NTStatus)
  /// Its `DriverEntry` returned.
  case started(NTStatus)
  /// It was told to unload, and waits until its devices are no longer in use.
  case waitsToUnload
  /// Its image is gone.
  case unloaded
}
