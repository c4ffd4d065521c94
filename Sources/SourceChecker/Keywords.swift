/// The words that show that a stretch of source has to do with MDLs.
enum Keywords {
  /// Whether a stretch mentions MDLs or the routines for locked pages.
  static func isMentioned(in bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBufferPointer { buffer in
      guard buffer.count >= 3 else { return false }
      for index in 2..<buffer.count {
        // mdl, and ckedPages or ckPages of MmMapLockedPages, MmProbeAndLockPages and their like.
        switch buffer[index] {
        case UInt8(ascii: "l"), UInt8(ascii: "L"):
          if buffer[index - 1] | 0x20 == UInt8(ascii: "d"),
            buffer[index - 2] | 0x20 == UInt8(ascii: "m"),
            // Not CmdLine.
            index < 3 || buffer[index - 3] | 0x20 != UInt8(ascii: "c")
          {
            return true
          }
        case UInt8(ascii: "P"):
          let isLocked =
            buffer[index - 1] == UInt8(ascii: "d") && buffer[index - 2] == UInt8(ascii: "e")
          let isLock =
            buffer[index - 1] == UInt8(ascii: "k") && buffer[index - 2] == UInt8(ascii: "c")
          if (isLocked || isLock) && index + 4 < buffer.count
            && buffer[index + 1] == UInt8(ascii: "a") && buffer[index + 2] == UInt8(ascii: "g")
          {
            return true
          }
        default: break
        }
      }
      return false
    }
  }

  /// Whether a file defines `DriverEntry`.
  static func definesDriverEntry(_ bytes: [UInt8]) -> Bool {
    let name = Array("DriverEntry".utf8)
    return bytes.withUnsafeBufferPointer { buffer in
      var index = 0
      while index + name.count < buffer.count {
        guard buffer[index] == name[0],
          buffer[index..<(index + name.count)].elementsEqual(name)
        else {
          index += 1
          continue
        }
        index += name.count
        // Its parameters, and then its body.
        var depth = 0
        var hasParameters = false
        let end = min(buffer.count, index + 2000)
        scan: while index < end {
          switch buffer[index] {
          case UInt8(ascii: "("):
            depth += 1
            hasParameters = true
          case UInt8(ascii: ")"): depth -= 1
          case UInt8(ascii: "{") where depth == 0 && hasParameters: return true
          case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0A, 0x0D: break
          default: if depth <= 0 { break scan }
          }
          index += 1
        }
      }
      return false
    }
  }

  /// Whether a stretch has one of some identifiers.
  static func mentions(_ bytes: ArraySlice<UInt8>, anyOf names: Set<String>) -> Bool {
    var word: [UInt8] = []
    for byte in bytes {
      if isWordByte(byte) {
        word.append(byte)
      } else if !word.isEmpty {
        if names.contains(String(decoding: word, as: UTF8.self)) { return true }
        word.removeAll(keepingCapacity: true)
      }
    }
    return false
  }

  /// The identifiers that mention MDLs or mapped pages, and where they stand.
  static func calls(in bytes: [UInt8]) -> [(name: String, offset: Int)] {
    var result: [(String, Int)] = []
    var start: Int?
    for (offset, byte) in bytes.enumerated() {
      if isWordByte(byte) {
        if start == nil { start = offset }
      } else if let begin = start {
        start = nil
        guard offset - begin > 6, bytes[begin] == UInt8(ascii: "M") else { continue }
        let word = String(decoding: bytes[begin..<offset], as: UTF8.self)
        if word.hasPrefix("Mm") || word.hasPrefix("MdlMapping") { result.append((word, begin)) }
      }
    }
    return result
  }

  static func isWordByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte >= 0x30 && byte <= 0x39
      || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
  }

  /// Blanks the backslashes and comments of a macro's definition.
  static func blankContinuations(_ bytes: inout [UInt8], _ range: Range<Int>) {
    var index = range.lowerBound
    while index < range.upperBound {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < range.upperBound,
        bytes[index + 1] == 0x0A || bytes[index + 1] == 0x0D
      {
        bytes[index] = 0x20
      } else if bytes[index] == UInt8(ascii: "/"), index + 1 < range.upperBound,
        bytes[index + 1] == UInt8(ascii: "*")
      {
        while index < range.upperBound,
          !(bytes[index] == UInt8(ascii: "/") && index > range.lowerBound
            && bytes[index - 1] == UInt8(ascii: "*"))
        {
          bytes[index] = 0x20
          index += 1
          if index < range.upperBound, bytes[index] == UInt8(ascii: "*"),
            index + 1 < range.upperBound, bytes[index + 1] == UInt8(ascii: "/")
          {
            bytes[index] = 0x20
            bytes[index + 1] = 0x20
            index += 1
            break
          }
        }
      }
      index += 1
    }
  }
}
