import Foundation

/// The clang of the Swift toolchain with the headers of mingw-w64, as `Tools/build-drivers` uses them.
struct DriverCompiler {
  enum Architecture: String, CaseIterable, Sendable {
    case x86 = "i686-w64-windows-gnu"
    case x64 = "x86_64-w64-windows-gnu"
  }

  private static let headers = "/usr/share/mingw-w64/include"

  /// Beside the Swift compiler, or on the path.
  private static let clang: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    var candidates: [String] = []
    for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/swift") {
      let swift = URL(filePath: "\(folder)/swift").resolvingSymlinksInPath()
      candidates += ["\(folder)/clang", swift.deletingLastPathComponent().path() + "clang"]
    }
    candidates += folders.map { "\($0)/clang" }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  static var isAvailable: Bool {
    clang != nil && FileManager.default.fileExists(atPath: "\(headers)/ddk/ntddk.h")
  }

  /// What the compiler says of sources, by the sources' names.
  func diagnostics(
    of sources: [String: [UInt8]],
    for architecture: Architecture
  ) throws -> [String: [String]] {
    let place = URL(filePath: NSTemporaryDirectory())
      .appending(path: "lockstep-\(UUID().uuidString)")
    // The sources' own headers lie in the folder above.
    let folder = place.appending(path: "sources")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
    for name in try FileManager.default.contentsOfDirectory(atPath: corpus.path())
    where name.hasSuffix(".h") {
      let header = corpus.appending(path: name)
      try FileManager.default.copyItem(at: header, to: place.appending(path: name))
    }
    // The headers do not have the flags of Windows 8.
    let header = """
      #include <ntddk.h>
      #define MdlMappingNoExecute 0x40000000
      #define MdlMappingNoWrite 0x80000000

      """
    try Data(header.utf8).write(to: folder.appending(path: "headers.h"))
    for (name, bytes) in sources { try Data(bytes).write(to: folder.appending(path: name)) }
    var result: [String: [String]] = [:]
    for (language, standard, suffix) in [("c", "gnu11", ".c"), ("c++", "gnu++17", ".cpp")] {
      let names = sources.keys.filter { $0.hasSuffix(suffix) }.sorted()
      guard !names.isEmpty else { continue }
      let options =
        [
          "--target=\(architecture.rawValue)", "-std=\(standard)", "-ffreestanding",
          "-fms-extensions", "-Wall", "-Wextra", "-Wno-#warnings", "-nostdlibinc",
          "-fno-caret-diagnostics", "-fno-exceptions", "-isystem", Self.headers, "-isystem",
          "\(Self.headers)/ddk",
        ]
      _ = try run(
        options + ["-x", "\(language)-header", "headers.h", "-o", "headers\(suffix).pch"],
        folder
      )
      let output = try run(
        options + ["-fsyntax-only", "-include-pch", "headers\(suffix).pch"] + names,
        folder
      )
      for line in output.split(separator: "\n") {
        guard let name = line.split(separator: ":").first,
          line.contains(" error: ") || line.contains(" warning: ")
        else { continue }
        result[String(name), default: []].append(String(line))
      }
    }
    return result
  }

  private func run(_ arguments: [String], _ folder: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: Self.clang ?? "")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
