/// The comments of a C or C++ source, found without parsing it.
struct SourceComments {
  /// The bytes of each, with what begins and ends it, the first first.
  let ranges: [Range<Int>]

  init(in bytes: [UInt8]) {
    var ranges: [Range<Int>] = []
    var place = 0
    while place < bytes.count {
      let next = place + 1 < bytes.count ? bytes[place + 1] : 0
      switch (bytes[place], next) {
      case (0x2F, 0x2F):
        let end = Self.endOfLine(bytes, from: place + 2)
        ranges.append(place..<end)
        place = end
      case (0x2F, 0x2A):
        var end = place + 2
        while end + 1 < bytes.count, !(bytes[end] == 0x2A && bytes[end + 1] == 0x2F) { end += 1 }
        end = min(end + 2, bytes.count)
        ranges.append(place..<end)
        place = end
      case (0x22, _), (0x27, _):
        place = Self.endOfLiteral(bytes, from: place)
      default: place += 1
      }
    }
    self.ranges = ranges
  }

  /// The end of a line, which a backslash in front of the line break carries on.
  private static func endOfLine(_ bytes: [UInt8], from start: Int) -> Int {
    var place = start
    while place < bytes.count {
      if bytes[place] == 0x0A {
        let last = place > start && bytes[place - 1] == 0x0D ? place - 2 : place - 1
        if last < start || bytes[last] != 0x5C { return place }
      }
      place += 1
    }
    return place
  }

  /// The end of a string or character, at the latest that of its line: one that is not closed, such as an
  /// apostrophe after `#error`, must not hide what follows.
  private static func endOfLiteral(_ bytes: [UInt8], from start: Int) -> Int {
    var place = start + 1
    while place < bytes.count {
      switch bytes[place] {
      case 0x5C:
        let isCarriageReturn = place + 1 < bytes.count && bytes[place + 1] == 0x0D
        place += isCarriageReturn ? 3 : 2
      case bytes[start]: return place + 1
      case 0x0A: return place
      default: place += 1
      }
    }
    return bytes.count
  }
}
