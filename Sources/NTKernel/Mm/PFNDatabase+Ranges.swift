internal import GuestABI

extension PFNDatabase {
  /// Takes free frames of a range, in an order that avoids neighbours one after the other.
  ///
  /// - Parameters:
  ///   - frames: Gets the frames that were taken.
  ///   - count: The most frames that it may hold afterwards.
  ///   - range: The frames that will do.
  ///   - use: What the frames are used for.
  func take(
    into frames: inout [FrameNumber],
    upTo count: Int,
    in range: Range<Int>,
    _ use: Use
  ) {
    let range = range.clamped(to: 0..<ram.frameCount)
    guard !range.isEmpty, frames.count < count else { return }
    let step = Self.step(through: range.count)
    var index = 0
    for _ in 0..<range.count {
      let frame = FrameNumber(range.lowerBound + index)
      if self.use(of: frame) == .free {
        frames.append(take(frame, use))
        guard frames.count < count else { return }
      }
      index = (index + step) % range.count
    }
  }

  /// Returns a number with which repeated steps around a circle visit each of its places once.
  private static func step(through count: Int) -> Int {
    guard count > 2 else { return 1 }
    // About the golden section, which keeps neighbours far apart.
    var step = max(2, count * 5 / 13)
    while divisor(step, count) != 1 { step += 1 }
    return step
  }

  private static func divisor(_ first: Int, _ second: Int) -> Int {
    second == 0 ? first : divisor(second, first % second)
  }
}
