extension SourceText {
  /// The number of lines; what follows the last line break is a line, even if it is empty.
  public var lineCount: Int { lineStarts.count }

  /// The bytes of a line, without what ends it.
  ///
  /// Lines count from 1. One that the file does not have is empty, at the end.
  public func range(ofLine line: Int) -> Range<Int> {
    guard line >= 1, line <= lineStarts.count else { return bytes.count..<bytes.count }
    let start = lineStarts[line - 1]
    var end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
    if line < lineStarts.count, end > start, bytes[end - 1] == 0x0D { end -= 1 }
    return start..<end
  }

  /// The lines that a range of bytes lies in, from 1.
  public func lines(of range: Range<Int>) -> ClosedRange<Int> {
    let first = line(at: range.lowerBound)
    return first...max(first, line(at: max(range.lowerBound, range.upperBound - 1)))
  }
}
