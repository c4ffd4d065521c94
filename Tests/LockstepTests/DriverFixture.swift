import Findings
import GuestABI
import Lockstep
import NTReleases
import PortableExecutable
import Testing
import UnicornEngine

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Built and fetched drivers, and a runner whose machines get real processors.
enum DriverFixture {
  /// The folder of the checkout.
  static let checkout = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  /// A runner with Unicorn, which `Tools/setup` fetches.
  static func runner() throws -> ReleaseRunner {
    let library = try UnicornLibrary(paths: [
      "\(checkout)/.deps/unicorn-2.1.4/libunicorn.so.2"
    ])
    return ReleaseRunner { setUp in
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

  /// A machine that has just started, with Unicorn as its processor.
  static func machine(_ release: Release, _ architecture: Architecture) throws -> Machine {
    let library = try UnicornLibrary(paths: [
      "\(checkout)/.deps/unicorn-2.1.4/libunicorn.so.2"
    ])
    return try Machine(Machine.Configuration(release: release, architecture: architecture)) {
      setUp in
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

  /// A driver that `make drivers` builds, by its name without the architecture.
  static func driver(_ name: String, _ architecture: Architecture) throws -> ReleaseRunner.Driver {
    try driver(at: "\(checkout)/.build/test-drivers/\(name)-\(architecture.name).sys")
  }

  /// The paths of the drivers that `make third-party` fetches whose names begin so.
  static func thirdPartyPaths(_ prefix: String = "") throws -> [String] {
    let folder = "\(checkout)/.deps/drivers"
    let names = try names(in: folder).filter { $0.hasSuffix(".sys") && $0.hasPrefix(prefix) }
    return names.map { "\(folder)/\($0)" }.sorted()
  }

  /// The paths of the drivers that `make drivers` builds.
  static func testDriverPaths() throws -> [String] {
    let folder = "\(checkout)/.build/test-drivers"
    return try names(in: folder).filter { $0.hasSuffix(".sys") }.map { "\(folder)/\($0)" }.sorted()
  }

  /// The names of the files in a folder.
  static func names(in folder: String) throws -> [String] {
    guard let stream = opendir(folder) else {
      throw PortableExecutableError(.empty, "\(folder) is missing: run make drivers third-party")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      names.append(name)
    }
    return names
  }

  /// A driver of a file.
  static func driver(at path: String) throws -> ReleaseRunner.Driver {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return ReleaseRunner.Driver(
      file: DriverFile(name: name, sha256: "", path: path),
      image: try Image(parsing: try bytes(of: path))
    )
  }

  /// What a file holds.
  static func bytes(of path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else {
      throw PortableExecutableError(.empty, "\(path) is missing: run make drivers third-party")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&block, 1, block.count, file)
      guard count > 0 else { break }
      bytes += block[..<count]
    }
    return bytes
  }
}

extension Architecture {
  /// The releases that the architecture had.
  var releases: [Release] { Release.allCases.filter { $0.runs(on: self == .x86 ? .x86 : .x64) } }
}

extension ReleaseRunner {
  /// Runs a built driver on one release and returns the one record.
  func record(
    _ name: String,
    _ architecture: Architecture,
    on release: Release,
    _ options: Options = Options(reading: .literal)
  ) async throws -> RunRecord {
    let driver = try DriverFixture.driver(name, architecture)
    let report = try await run(driver, on: [release], options)
    return try #require(report.results.first?.runs.first)
  }
}
