/// One reading of a source file under one choice of `#if` branches, made fit for the grammar.
///
/// Whatever is not C or C++ proper, and every branch that is not taken, is blanked. It is as long as the
/// file, so that offsets are the file's own. Where only a macro's definition would make sense of the source,
/// a brace, a semicolon, a `while` or an `if` may stand where the file has something else.
package struct ScrubbedSource: Sendable {
  /// A `__try` block and what handles it, in whichever spelling; the words themselves are blanked, and
  /// both blocks remain as plain blocks.
  package struct Guard: Hashable, Sendable {
    package enum Kind: Sendable {
      case except, finally
    }

    package let kind: Kind
    /// The offset of the opening brace of the guarded block.
    package let body: Int
    /// The offset of the opening brace of the handler.
    package let handler: Int
    /// The filter expression between the parentheses of `__except`, blanked too; empty for `__finally`.
    package let filter: Range<Int>
  }

  /// A function's definition.
  package struct Function: Hashable, Sendable {
    package let name: String
    /// From the first byte of the declaration to the closing brace.
    package let range: Range<Int>
    /// The offset of the opening brace.
    package let body: Int
  }

  /// An object-like or function-like macro's definition.
  package struct Macro: Hashable, Sendable {
    package let name: String
    /// The parameters' names, or nil for an object-like macro.
    package let parameters: [String]?
    /// What it stands for; ``bytes`` are blank there, ``SourceText/bytes`` are not.
    package let body: Range<Int>
  }

  /// A stretch of the source that is there only under a condition.
  package struct Condition: Hashable, Sendable {
    /// The directive's expression, such as `defined(_WIN64)` (for `#ifdef _WIN64` too).
    package let expression: String
    /// Whether the stretch is there when the expression is false.
    package let isNegated: Bool
    package let range: Range<Int>
  }

  package let bytes: [UInt8]
  package let guards: [Guard]
  package let functions: [Function]
  package let macros: [Macro]
  package let conditions: [Condition]
}
