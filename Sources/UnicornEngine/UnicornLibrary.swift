internal import CUnicorn
public import GuestEngine

#if canImport(Glibc)
private import Glibc
#else
private import Darwin
#endif

/// The Unicorn library, opened at run time.
public final class UnicornLibrary: Sendable {
  /// The environment variable that names the library's file.
  public static let pathVariable = "LOCKSTEP_UNICORN"

  // The library is never closed or changed once it is open.
  nonisolated(unsafe) let library: OpaquePointer

  /// Opens the library.
  ///
  /// - Parameter paths: Files to try, in order.
  /// - Throws: ``EngineError`` if none can be opened and is recent enough.
  public init(paths: [String]) throws(EngineError) {
    var reasons: [String] = []
    for path in paths {
      var why = [CChar](repeating: 0, count: 512)
      if let library = ls_library_open(path, &why, 512) {
        self.library = library
        return
      }
      let end = why.firstIndex(of: 0) ?? why.endIndex
      reasons.append(String(decoding: why[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    throw EngineError(
      .unavailable,
      "Unicorn 2.1.3 or later is needed: run Tools/setup, or set \(Self.pathVariable) to "
        + "libunicorn.so.2 (\(reasons.first ?? "no path given"))"
    )
  }

  /// The path of the program that runs, or nothing where the system does not tell.
  public static var programPath: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { return "" }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The files to try: what the environment names, then places at and above a program's folder, then
  /// the system's own.
  public static func defaultPaths(programPath: String = programPath) -> [String] {
    var paths: [String] = []
    if let path = getenv(pathVariable) { return [String(cString: path)] }
    let local = ".deps/unicorn-2.1.4/libunicorn.so.2"
    // .build/release/lockstep is at most five folders below the checkout.
    var folder = programPath[...]
    for _ in 0..<6 {
      guard let slash = folder.lastIndex(of: "/") else { break }
      folder = folder[..<slash]
      paths.append("\(folder)/\(local)")
    }
    return (paths + [local]).filter { access($0, R_OK) == 0 } + ["libunicorn.so.2"]
  }
}
