import Foundation
import GuestABI
import Lockstep
import NTReleases
import UnicornEngine

/// What all benchmarks need.
struct Bench {
  let library: UnicornLibrary
  /// The file of the library, for the bare engine.
  let libraryPath: String
  /// The checkout's folder.
  let checkout: URL

  init() throws {
    checkout = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
    let program = checkout.appending(path: "lockstep").path()
    let paths = UnicornLibrary.defaultPaths(programPath: program)
    library = try UnicornLibrary(paths: paths)
    libraryPath = paths.first ?? ""
  }

  /// The releases that loops and routines are measured on.
  static func release(_ architecture: Architecture) throws -> Release {
    let id = architecture == .x64 ? "win7" : "nt400sp6a"
    guard let release = Release(id: id) else {
      throw GuestFailure(description: "there is no release \(id)")
    }
    return release
  }

  func machine(_ architecture: Architecture) throws -> Machine {
    try Machine(
      Machine.Configuration(
        release: Self.release(architecture),
        architecture: architecture,
        budget: .max / 2
      ),
      makeEngine: makeEngine
    )
  }

  func bareGuest(_ architecture: Architecture) throws -> BareGuest {
    try BareGuest(architecture, library: libraryPath)
  }

  var makeEngine: Machine.EngineFactory {
    { [library] setUp in
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
  }
}
