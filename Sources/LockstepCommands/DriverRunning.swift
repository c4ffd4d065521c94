public import Findings
public import NTReleases
public import PortableExecutable

/// A driver that was given to the program.
public struct InputDriver: Sendable {
  public let file: DriverFile
  public let image: Image

  /// Creates a driver of a file and what is in it.
  public init(file: DriverFile, image: Image) {
    self.file = file
    self.image = image
  }

  /// The processor that the driver is built for.
  public var platform: Platform {
    switch image.machine {
    case .i386: .x86
    case .amd64: .x64
    }
  }
}

/// How drivers are to be run.
public struct RunOptions: Hashable, Sendable {
  /// The one reading of contradictory documents to run, or nil for all that matter.
  public var reading: Reading?
  /// What the order of physical pages and the like is drawn from.
  public var seed: UInt64
  /// The instructions that the driver may execute, or nil for the usual number.
  public var budget: UInt64?
  /// The path of a scenario, or nil for the default one.
  public var scenarioPath: String?
  /// The paths of files with changes to the registry, in their order.
  public var registryPaths: [String]
  /// The most failures of calls to inject on a release, or nil for none.
  public var injectionLimit: Int?
  /// Whether to go on from calls of what is not modelled.
  public var continuesPastUnmodelled = false

  /// Creates options.
  public init(
    reading: Reading? = nil,
    seed: UInt64 = 1,
    budget: UInt64? = nil,
    scenarioPath: String? = nil,
    registryPaths: [String] = [],
    injectionLimit: Int? = nil
  ) {
    self.reading = reading
    self.seed = seed
    self.budget = budget
    self.scenarioPath = scenarioPath
    self.registryPaths = registryPaths
    self.injectionLimit = injectionLimit
  }
}

/// Something that runs drivers on releases.
public protocol DriverRunning: Sendable {
  /// Runs a driver, alone or with others in the same machine.
  ///
  /// - Parameters:
  ///   - driver: The driver.
  ///   - others: The drivers for the same processor that are run with it, in their order.
  ///   - companions: The other drivers for the same processor that were given with it: it may import
  ///     from them, or load them.
  ///   - releases: The releases, in order. All of them ran on the driver's processor.
  ///   - options: How to run it.
  /// - Returns: What came of it, with a result for each release.
  /// - Throws: ``UserError`` for what the user can mend, such as a bad scenario; any other error is
  ///   a failure of the program.
  func run(
    _ driver: InputDriver,
    together others: [InputDriver],
    companions: [InputDriver],
    releases: [Release],
    options: RunOptions
  ) async throws -> DriverReport
}
