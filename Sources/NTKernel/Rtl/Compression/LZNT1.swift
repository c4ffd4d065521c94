/// The LZNT1 compression, as [MS-XCA] 2.5 describes it.
///
/// A buffer is a sequence of chunks. Each has a header of 16 bits (the bytes that follow less one, the
/// number 3, and whether they are compressed) and decompresses to 4096 bytes at most. Compressed bytes come
/// in groups of eight behind a byte of flags: a literal byte, or two bytes that say how far back to copy
/// from and how much. The split of their bits moves with the place in the chunk.
enum LZNT1 {
  static let chunkSize = 4096

  /// The bits of the length in a copy, at a place in the uncompressed chunk that is not 0.
  private static func lengthBits(at place: Int) -> Int {
    var bits = 12
    var limit = 16
    while place > limit {
      limit *= 2
      bits -= 1
    }
    return bits
  }

  /// Decompresses a buffer.
  ///
  /// - Parameters:
  ///   - data: The compressed bytes.
  ///   - limit: The bytes that there is room for.
  /// - Returns: The bytes, or nil if the buffer is malformed or there is no room.
  static func decompress(_ data: [UInt8], limit: Int) -> [UInt8]? {
    var output: [UInt8] = []
    var place = 0
    while place + 2 <= data.count {
      let header = Int(data[place]) | Int(data[place + 1]) << 8
      // A header of zeros ends the buffer.
      if header == 0 { break }
      place += 2
      let size = header & 0xFFF + 1
      guard place + size <= data.count else { return nil }
      let chunk = data[place..<place + size]
      place += size
      guard header & 0x8000 != 0 else {
        guard output.count + size <= limit else { return nil }
        output += chunk
        continue
      }
      // Only the last chunk may be short.
      let start = output.count
      guard append(chunk, to: &output, from: start, limit: limit) else { return nil }
    }
    return output
  }

  private static func append(
    _ chunk: ArraySlice<UInt8>,
    to output: inout [UInt8],
    from start: Int,
    limit: Int
  ) -> Bool {
    var place = chunk.startIndex
    while place < chunk.endIndex {
      var flags = chunk[place]
      place += 1
      for _ in 0..<8 where place < chunk.endIndex {
        let isCopy = flags & 1 != 0
        flags >>= 1
        guard isCopy else {
          guard output.count < limit else { return false }
          output.append(chunk[place])
          place += 1
          continue
        }
        let done = output.count - start
        guard place + 2 <= chunk.endIndex, done > 0 else { return false }
        let token = Int(chunk[place]) | Int(chunk[place + 1]) << 8
        place += 2
        let bits = lengthBits(at: done)
        let length = token & (1 << bits - 1) + 3
        let distance = token >> bits + 1
        guard distance <= done, output.count + length <= limit,
          done + length <= chunkSize
        else { return false }
        for _ in 0..<length { output.append(output[output.count - distance]) }
      }
    }
    return true
  }

  /// Compresses a buffer.
  ///
  /// Which matches are found is not part of the format. These are the latest with the same three bytes.
  static func compress(_ data: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    for start in stride(from: 0, to: data.count, by: chunkSize) {
      let chunk = data[start..<min(start + chunkSize, data.count)]
      let packed = compressChunk(Array(chunk))
      let isSmaller = packed.count < chunk.count
      let bytes = isSmaller ? packed : Array(chunk)
      let header = (isSmaller ? 0xB000 : 0x3000) | (bytes.count - 1)
      output += [UInt8(header & 0xFF), UInt8(header >> 8)] + bytes
    }
    return output
  }

  private static func compressChunk(_ chunk: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var latest: [UInt32: Int] = [:]
    var place = 0
    while place < chunk.count {
      var flags: UInt8 = 0
      var group: [UInt8] = []
      for bit in 0..<8 where place < chunk.count {
        var length = 0
        var distance = 0
        if place + 3 <= chunk.count {
          let key = key(chunk, place)
          if let found = latest[key] {
            let bits = lengthBits(at: place)
            let longest = min(1 << bits + 2, chunk.count - place)
            distance = place - found
            while length < longest, chunk[found + length] == chunk[place + length] { length += 1 }
            group += copy(length, distance, bits)
            flags |= 1 << UInt8(bit)
          }
        }
        if length == 0 {
          group.append(chunk[place])
          length = 1
        }
        for next in place..<place + length where next + 3 <= chunk.count {
          latest[key(chunk, next)] = next
        }
        place += length
      }
      output.append(flags)
      output += group
    }
    return output
  }

  private static func key(_ chunk: [UInt8], _ place: Int) -> UInt32 {
    UInt32(chunk[place]) | UInt32(chunk[place + 1]) << 8 | UInt32(chunk[place + 2]) << 16
  }

  private static func copy(_ length: Int, _ distance: Int, _ bits: Int) -> [UInt8] {
    let token = (distance - 1) << bits | (length - 3)
    return [UInt8(token & 0xFF), UInt8(token >> 8)]
  }
}
