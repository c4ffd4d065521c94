internal import Findings
internal import GuestEngine
internal import Lockstep
internal import NTReleases
internal import UnicornEngine

/// Runs drivers on machines whose processors Unicorn emulates.
struct LockstepRunner: DriverRunning {
  private let library: UnicornLibrary

  /// Opens Unicorn.
  ///
  /// - Throws: ``UserError`` if it is not installed, with what to do about it.
  init() throws {
    do {
      library = try UnicornLibrary(paths: UnicornLibrary.defaultPaths())
    } catch {
      throw UserError(error.description)
    }
  }

  func run(
    _ driver: InputDriver,
    together others: [InputDriver],
    companions: [InputDriver],
    releases: [Release],
    options: RunOptions
  ) async throws -> DriverReport {
    let library = library
    let runner = ReleaseRunner { setUp in
      try UnicornEngine(
        library: library,
        memory: setUp.memory,
        processor: setUp.processor,
        configuration: UnicornEngine.Configuration(
          descriptorTable: setUp.descriptorTable,
          descriptorTableSize: setUp.descriptorTableSize,
          exportSlots: setUp.exportSlots
        )
      )
    }
    var settings = ReleaseRunner.Options(reading: options.reading, seed: options.seed)
    if let budget = options.budget { settings.budget = budget }
    settings.injectionLimit = options.injectionLimit
    settings.continuesPastUnmodelled = options.continuesPastUnmodelled
    settings.scenario = try options.scenarioPath.map(scenario(at:))
    if !options.registryPaths.isEmpty {
      settings.registry = RegistryFile(joining: try options.registryPaths.map(registry(at:)))
    }
    return try await runner.run(
      ReleaseRunner.Driver(driver),
      together: others.map(ReleaseRunner.Driver.init),
      companions: companions.map(ReleaseRunner.Driver.init),
      on: releases,
      settings
    )
  }

  private func registry(at path: String) throws -> RegistryFile {
    let bytes = try DriverReader.contents(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    do {
      return try RegistryFile(bytes, fileName: name)
    } catch {
      throw UserError(error.description)
    }
  }

  private func scenario(at path: String) throws -> Scenario {
    let bytes = try DriverReader.contents(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    do {
      return try Scenario(yaml: bytes, fileName: name)
    } catch {
      throw UserError(error.description)
    }
  }
}

extension ReleaseRunner.Driver {
  /// Creates a driver of one that was given to the program.
  fileprivate init(_ driver: InputDriver) { self.init(file: driver.file, image: driver.image) }
}
