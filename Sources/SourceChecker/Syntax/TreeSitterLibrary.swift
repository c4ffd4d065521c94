internal import CTreeSitter

#if canImport(Glibc)
private import Glibc
#else
private import Darwin
#endif

/// The library of tree-sitter and its grammars of C and C++, opened at run time.
public final class TreeSitterLibrary: Sendable {
  /// What is wrong where no library can be opened.
  public struct Unavailable: Error, Hashable, Sendable {
    /// What is needed, and how to get it, in one line.
    public let message: String
  }

  /// The environment variable that names the library's file.
  public static let pathVariable = "LOCKSTEP_TREE_SITTER"

  // The library is never closed or changed once it is open.
  nonisolated(unsafe) let library: OpaquePointer
  let c: GrammarSymbols
  let cPlusPlus: GrammarSymbols

  /// Opens the library.
  ///
  /// - Parameter paths: Files to try, in order.
  /// - Throws: ``Unavailable`` if none can be opened, or none has what is needed.
  public init(paths: [String] = defaultPaths()) throws(Unavailable) {
    var reasons: [String] = []
    for path in paths {
      var why = [CChar](repeating: 0, count: 512)
      if let library = ls_tree_sitter_open(path, &why, 512) {
        self.library = library
        c = GrammarSymbols(library, LS_GRAMMAR_C)
        cPlusPlus = GrammarSymbols(library, LS_GRAMMAR_CPP)
        return
      }
      let end = why.firstIndex(of: 0) ?? why.endIndex
      reasons.append(String(decoding: why[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    throw Unavailable(
      message: "tree-sitter 0.26 with the grammars of C and C++ is needed: run Tools/setup, or set "
        + "\(Self.pathVariable) to libtree-sitter.so (\(reasons.first ?? "no path given"))"
    )
  }

  /// The path of the program that runs, or nothing where the system does not tell.
  public static var programPath: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { return "" }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The files to try: what the environment names, or else places at and above a program's folder and
  /// in the current one.
  public static func defaultPaths(programPath: String = programPath) -> [String] {
    if let path = getenv(pathVariable) { return [String(cString: path)] }
    let local = ".deps/tree-sitter-0.26.1/libtree-sitter.so"
    var paths: [String] = []
    // .build/release/lockstep is at most five folders below the checkout.
    var folder = programPath[...]
    for _ in 0..<6 {
      guard let slash = folder.lastIndex(of: "/") else { break }
      folder = folder[..<slash]
      paths.append("\(folder)/\(local)")
    }
    // The last is named in the message where there is none.
    return paths.filter { access($0, R_OK) == 0 } + [local]
  }
}
