internal import SourceChecker

/// What checks one source after another: ``SourceChecker``, and in tests what stands for it.
protocol SourceChecking: Sendable {
  func contribution(of text: SourceText) -> SourceChecker.Image
  func check(_ text: SourceText, in image: SourceChecker.Image) -> (
    findings: [SourceFinding], notes: [String]
  )
}

/// The checker with the parser that it needs.
struct ParsingChecker: SourceChecking {
  let checker: SourceChecker
  let library: TreeSitterLibrary

  /// Opens the parser.
  init(_ checker: SourceChecker) throws {
    self.checker = checker
    do throws(TreeSitterLibrary.Unavailable) {
      library = try TreeSitterLibrary()
    } catch {
      throw UserError(error.message)
    }
  }

  func contribution(of text: SourceText) -> SourceChecker.Image { checker.contribution(of: text) }

  func check(_ text: SourceText, in image: SourceChecker.Image) -> (
    findings: [SourceFinding], notes: [String]
  ) {
    checker.check(text, in: image, with: library)
  }
}
