internal import Findings
internal import PortableExecutable
internal import Reports

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Finds functions and lines of source with LLVM's `llvm-symbolizer`, where there is one.
///
/// It is never required: whatever goes wrong, there are just no names.
struct Symbolizer {
  /// The program.
  let path: String
  /// The time that it may take for one image.
  var milliseconds = 5000

  /// The program that the environment offers: `$LLVM_SYMBOLIZER`, the toolchain's, or the path's.
  static var environment: Symbolizer? {
    if let path = Terminal.variable("LLVM_SYMBOLIZER"), !path.isEmpty {
      return access(path, X_OK) == 0 ? Symbolizer(path: path) : nil
    }
    let folders = (Terminal.variable("PATH") ?? "").split(separator: ":").map(String.init)
    // The toolchain's needs a tenth of the memory of some distributions'.
    let toolchains = folders.filter { access("\($0)/swift", X_OK) == 0 }
    let versions = (13...30).reversed().map { "llvm-symbolizer-\($0)" }
    for name in ["llvm-symbolizer"] + versions {
      for folder in toolchains + folders where access("\(folder)/\(name)", X_OK) == 0 {
        return Symbolizer(path: "\(folder)/\(name)")
      }
    }
    return nil
  }

  /// Looks up every place that reports name, and returns what was found.
  func lookup(for reports: [DriverReport]) -> SymbolLookup {
    var offsets: [String: Set<Int>] = [:]
    for report in reports {
      let companions = reports.filter { $0.architecture == report.architecture }
      let runs = report.results.flatMap(\.runs)
      let found = runs.flatMap(\.findings).flatMap { finding in
        [(finding.module, finding.offset)] + finding.life.map { ($0.module, $0.offset) }
      }
      let injected = runs.compactMap(\.injections).flatMap(\.runs)
        .filter { $0.result != .graceful }.flatMap { [$0.caller, $0.place] }
        .map { ($0?.module, $0?.offset) }
      for case (let module?, let offset?) in found + injected {
        let driver =
          module == report.driver.name
          ? report.driver : companions.first { $0.driver.name == module }?.driver
        if let driver { offsets[driver.path, default: []].insert(offset) }
      }
    }
    let locations = offsets.reduce(into: [String: [Int: SourceLocation]]()) { found, entry in
      found[entry.key] = self.locations(of: entry.value.sorted(), in: entry.key)
    }
    return { path, offset in locations[path]?[offset] }
  }

  /// Looks up offsets in an image, if it has debug information.
  func locations(of offsets: [Int], in path: String) -> [Int: SourceLocation] {
    guard let driver = try? DriverReader.read(path), Self.hasSymbols(driver) else { return [:] }
    let offsets = offsets.prefix(Self.mostOffsets)
    let addresses = offsets.map { driver.image.imageBase &+ UInt64(bitPattern: Int64($0)) }
    let arguments =
      ["--obj=\(path)", "--functions=linkage", "--no-inlines"]
      + addresses.map { "0x" + String($0, radix: 16) }
    guard
      let output = ChildProcess.output(of: self.path, arguments, milliseconds: milliseconds)
    else { return [:] }
    let answers = Self.answers(in: output)
    guard answers.count == offsets.count else { return [:] }
    return zip(offsets, answers).reduce(into: [:]) { $0[$1.0] = $1.1 }
  }

  /// The most places that are looked up in an image.
  private static let mostOffsets = 2000

  /// Whether an image has DWARF, or its PDB lies beside it.
  private static func hasSymbols(_ driver: InputDriver) -> Bool {
    guard !driver.image.hasDWARF else { return true }
    guard let pdb = driver.image.pdb else { return false }
    let name = pdb.path.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
    let folder = driver.file.path.dropLast(driver.file.name.count)
    return !name.isEmpty && access(folder + name, R_OK) == 0
  }

  /// Reads the program's answers: a function, then `FILE:LINE:COLUMN`, then an empty line for each.
  static func answers(in output: String) -> [SourceLocation?] {
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    var answers: [SourceLocation?] = []
    var block: [Substring] = []
    for line in lines {
      guard line.isEmpty else {
        block.append(line)
        continue
      }
      if !block.isEmpty { answers.append(location(in: block)) }
      block = []
    }
    return answers
  }

  private static func location(in block: [Substring]) -> SourceLocation? {
    guard block.count >= 2, block[0] != "??" else { return nil }
    let parts = block[1].split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 3, let line = Int(parts[parts.count - 2]), line > 0 else { return nil }
    let path = parts.dropLast(2).joined(separator: ":")
    guard let file = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last, file != "??"
    else { return nil }
    return SourceLocation(function: String(block[0]), file: String(file), line: line)
  }
}
