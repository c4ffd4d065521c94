internal import Findings

/// Where the addresses of a picture stand on a line of characters.
///
/// Addresses are counted from the base of the mapping here, which makes those before it negative.
struct MDLCanvas {
  /// A stretch of the line.
  private struct Segment {
    enum Kind { case below, page, gap, above }
    let kind: Kind
    /// The offsets that it stands for.
    let range: Range<Int>
    /// Its columns, without the bar in front of it.
    var columns: Range<Int>
  }

  private let segments: [Segment]
  private let columnOfOffset: [Int: Int]
  private let picture: MDLPicture
  private let width: Int
  private let addressWidth: Int

  let returned, expected, used, lastUsed: Int

  init(_ picture: MDLPicture, width: Int, addressWidth: Int) {
    self.picture = picture
    self.addressWidth = addressWidth
    returned = Self.distance(from: picture.base, to: picture.returned)
    expected = Self.distance(from: picture.base, to: picture.expected)
    used = Self.distance(from: picture.base, to: picture.used)
    lastUsed = used + max(0, min(picture.usedByteCount, 4096) - 1)
    let lastOfBuffer = picture.byteOffset + max(1, picture.byteCount) - 1
    let places = [returned, expected, used, lastUsed, picture.byteOffset, lastOfBuffer]
    // What lies beside the buffer is to be seen too.
    let edges = [0, max(1, min(picture.pageCount, Self.mostPages)) * 4096 - 1]
    segments = Self.segments(for: places, picture, width: width, addressWidth: addressWidth)
    self.width = (segments.last?.columns.upperBound ?? 0) + 1
    columnOfOffset = Self.columns(of: Set(places + edges).sorted(), in: segments)
  }

  private static let mostPages = 1 << 40

  /// The bytes from one address to another, negative if the other is lower.
  static func distance(from first: UInt64, to second: UInt64) -> Int {
    let magnitude = Int(min(second >= first ? second - first : first - second, 1 << 62))
    return second >= first ? magnitude : -magnitude
  }

  /// Divides the line: what is below the mapping, the pages in which something is, what is above.
  private static func segments(
    for places: [Int],
    _ picture: MDLPicture,
    width: Int,
    addressWidth: Int
  ) -> [Segment] {
    let count = max(1, min(picture.pageCount, mostPages))
    let end = count * 4096
    var shown = Set(places.filter { 0..<end ~= $0 }.map { $0 / 4096 } + [0, count - 1])
    // A gap of a single page is no gain.
    for page in shown where shown.contains(page + 2) { shown.insert(page + 1) }
    let pages = shown.sorted()
    let room = (width - addressWidth - 2) / pages.count - 1
    let pageWidth = max(8, min(max(18, addressWidth + 1), room))
    var segments: [Segment] = []
    var column = 0
    func add(_ kind: Segment.Kind, _ range: Range<Int>, _ width: Int) {
      segments.append(Segment(kind: kind, range: range, columns: column + 1..<column + 1 + width))
      column += width + 1
    }
    if let lowest = places.min(), lowest < 0 { add(.below, lowest..<0, 7) }
    var next = 0
    for page in pages {
      if page > next { add(.gap, next * 4096..<page * 4096, 5) }
      add(.page, page * 4096..<(page + 1) * 4096, pageWidth)
      next = page + 1
    }
    if let highest = places.max(), highest >= end { add(.above, end..<highest + 1, 7) }
    return segments
  }

  /// The column of each offset: in proportion, but none shared.
  private static func columns(of offsets: [Int], in segments: [Segment]) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for segment in segments {
      let inside = offsets.filter(segment.range.contains)
      var columns = inside.map { offset in
        let share = Double(offset - segment.range.lowerBound) / Double(segment.range.count)
        return segment.columns.lowerBound + Int(share * Double(segment.columns.count))
      }
      let step = columns.count * 2 <= segment.columns.count ? 2 : 1
      for index in columns.indices.dropFirst() {
        columns[index] = max(columns[index], columns[index - 1] + step)
      }
      var limit = segment.columns.upperBound - 1
      for index in columns.indices.reversed() {
        columns[index] = max(0, min(columns[index], limit))
        limit = columns[index] - step
      }
      for (offset, column) in zip(inside, columns) { result[offset] = column }
    }
    return result
  }

  /// The addresses of the pages' bounds, where there is room.
  func ruler(_ text: (Int) -> String) -> String {
    var line = ""
    let bounds = segments.filter { $0.kind == .page }.flatMap { segment in
      [
        (segment.range.lowerBound, segment.columns.lowerBound - 1),
        (segment.range.upperBound, segment.columns.upperBound),
      ]
    }
    for (offset, column) in bounds where column >= line.count + (line.isEmpty ? 0 : 1) {
      line = line.padded(to: column) + text(offset)
    }
    return line
  }

  /// The pages and the buffer.
  var pages: String {
    let first = column(of: picture.byteOffset)
    let last = column(of: picture.byteOffset + max(1, picture.byteCount) - 1)
    var line = [Character](repeating: " ", count: width)
    for segment in segments {
      for column in segment.columns {
        line[column] =
          switch segment.kind {
          case .below, .above: "~"
          case .gap, .page:
            picture.byteCount > 0 && first <= column && column <= last ? "#" : "."
          }
      }
      if segment.kind == .gap, let middle = segment.columns.dropFirst(2).first {
        line[middle] = "~"
      }
    }
    for segment in segments where segment.kind == .page || segment.kind == .gap {
      line[segment.columns.lowerBound - 1] = "|"
      line[segment.columns.upperBound] = "|"
    }
    return String(line).trimmedAtEnd
  }

  /// A mark under an offset, with an address and a text beside it: on the right if there is room,
  /// else on the left, else the text is in a line of its own.
  func row(
    _ mark: Character,
    at offset: Int,
    to last: Int? = nil,
    _ address: String,
    _ text: String,
    room: Int
  ) -> [String] {
    let start = column(of: offset)
    let end = last.map { max(start, column(of: $0)) } ?? start
    let marks = String(repeating: mark, count: end - start + 1)
    func line(_ label: String) -> String? {
      if end + 2 + label.count <= room { return "\("".padded(to: start))\(marks) \(label)" }
      guard label.count + 1 <= start else { return nil }
      return "\(label.leftPadded(to: start - 1)) \(marks)"
    }
    if let whole = line("\(address)  \(text)") { return [whole] }
    let first = line(address) ?? "\("".padded(to: start))\(marks) \(address)"
    return [first, "".padded(to: max(0, min(start, room - text.count))) + text]
  }

  private func column(of offset: Int) -> Int { columnOfOffset[offset] ?? 0 }
}

extension String {
  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
