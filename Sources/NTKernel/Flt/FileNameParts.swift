/// The parts of a file's name, as offsets in it, in UTF-16 units.
///
/// The rules are those of `FLT_FILE_NAME_INFORMATION` in `fltkernel.h`: of
/// `\Device\HarddiskVolume1\Documents\Test Results.txt:stream1`, the final component is
/// `Test Results.txt:stream1`, the extension `txt`, the stream `:stream1`, and the parent directory
/// `\Documents\`.
struct FileNameParts {
  let finalComponent: Range<Int>
  let fileExtension: Range<Int>
  let stream: Range<Int>
  let parentDirectory: Range<Int>

  /// - Parameters:
  ///   - name: The whole name.
  ///   - start: Where the path begins, behind the volume and the share.
  init(_ name: [UInt16], from start: Int) {
    let backslash = UInt16(0x5C)
    let start = min(max(start, 0), name.count)
    let last = name[start...].lastIndex(of: backslash)
    let first = last.map { $0 + 1 } ?? start
    finalComponent = first..<name.count
    parentDirectory = start..<first
    let colon = name[first...].firstIndex(of: 0x3A) ?? name.count
    stream = colon..<name.count
    let dot = name[first..<colon].lastIndex(of: 0x2E)
    fileExtension = (dot.map { $0 + 1 } ?? colon)..<colon
  }
}
