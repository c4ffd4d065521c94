/// Why a text could not be parsed.
///
/// A text that breaks the grammar is parsed: its tree has nodes that say so.
package enum SyntaxError: Error, Hashable, Sendable {
  /// It has more bytes or nodes than is allowed.
  case tooLarge
  /// Its nodes are nested more deeply than is allowed.
  case tooDeep
  /// Parsing takes longer than is allowed.
  case tooLong
  /// There is not enough memory.
  case failed

  /// What is wrong, to follow the name of what is parsed.
  package var message: String {
    switch self {
    case .tooLarge: "too large to be parsed"
    case .tooDeep: "nested too deeply to be parsed"
    case .tooLong: "too hard to parse in reasonable time"
    case .failed: "the parser ran out of memory"
    }
  }
}
