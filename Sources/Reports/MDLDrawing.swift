internal import Findings

/// A drawing of an MDL's mapped pages: the buffer in them, the address that was returned, the access,
/// and where it should have been.
///
/// A row shows pages side by side, `#` for the buffer and `.` for what lies beside it. Places are to
/// scale, except that different addresses never share a column; pages in which nothing happens are
/// left out, and what is outside the mapping is a stretch of `~` at its side.
struct MDLDrawing {
  let picture: MDLPicture
  private let digits: Int

  init(_ picture: MDLPicture) {
    self.picture = picture
    let highest = [picture.base, picture.returned, picture.used, picture.expected].max() ?? 0
    digits = highest > 0xFFFF_FFFF ? 16 : 8
  }

  /// The drawing in lines of about as many columns.
  func lines(width: Int) -> [String] {
    let indent = Self.labelWidth + 2
    let room = width - indent
    let canvas = MDLCanvas(picture, width: room, addressWidth: digits + 2)
    let used = canvas.row(
      "X",
      at: canvas.used,
      to: canvas.lastUsed,
      address(picture.used),
      usedText,
      room: room
    )
    let rows: [(label: String, lines: [String])] = [
      ("", [canvas.ruler { address(picture.base &+ UInt64(bitPattern: Int64($0))) }]),
      ("pages", [canvas.pages]),
      (
        "returned",
        canvas.row("^", at: canvas.returned, address(picture.returned), returnedText, room: room)
      ),
      (
        "should be",
        canvas.row("^", at: canvas.expected, address(picture.expected), expectedText, room: room)
      ),
      ("used", used),
      ("", [bufferText]),
    ]
    return rows.flatMap { row in
      row.lines.enumerated().map { index, line in
        let label = index == 0 ? row.label : ""
        let margin = String(repeating: " ", count: Self.labelWidth - label.count)
        return "\(margin)\(label)  \(line)".trimmedAtEnd
      }
    }
  }

  private var bufferText: String {
    let pages = counted(picture.pageCount, "page")
    return "# the buffer: \(hex(picture.byteCount)) bytes at byte offset "
      + "\(hex(picture.byteOffset)) of \(pages)"
  }

  private static let labelWidth = 9

  private func address(_ value: UInt64) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  private var returnedText: String {
    let distance = MDLCanvas.distance(from: picture.base, to: picture.returned)
    guard distance == 0 else { return place(distance, from: "first page") }
    return "the first page's start" + (picture.byteOffset == 0 ? "" : ", without the byte offset")
  }

  private var expectedText: String {
    let distance =
      MDLCanvas.distance(from: picture.base, to: picture.expected) - picture.byteOffset
    return distance == 0 ? "the buffer's first byte" : place(distance, from: "buffer")
  }

  private var usedText: String {
    let size = counted(picture.usedByteCount, "byte")
    let act = "\(picture.isWrite ? "writes" : "reads") \(size)"
    return "\(act), \(usedPlace)"
  }

  private var usedPlace: String {
    let low = picture.base & 0xFFFF_FFFF
    let reach = UInt64(picture.byteOffset + picture.pageCount * 4096)
    let isTruncated = low != picture.base && (low...low + reach).contains(picture.used)
    if isTruncated { return "without the high 32 bits" }
    let offset = MDLCanvas.distance(from: picture.base, to: picture.used)
    let start = offset - picture.byteOffset
    let last = start + max(1, min(picture.usedByteCount, 1 << 40))
    let isMapped = offset >= 0 && offset < picture.pageCount * 4096
    let outside = isMapped ? "" : ", outside the mapping"
    if start >= picture.byteCount {
      let past = start - picture.byteCount
      return (past == 0 ? "the first byte past the buffer" : "\(hex(past)) past the buffer's end")
        + outside
    }
    let beyond =
      last > picture.byteCount && start >= 0
      ? ", \(last - picture.byteCount) of them past the buffer's end" : ""
    return place(start, from: "buffer") + beyond + outside
  }

  private func place(_ distance: Int, from name: String) -> String {
    distance == 0 ? name : "\(name) \(distance < 0 ? "-" : "+") \(hex(distance.magnitude))"
  }
}
