internal import GuestABI
internal import NTKernel

extension Machine {
  /// The frames above which those are looked for whose routines will never return.
  private static var frameCountToPrune: Int { 64 }

  /// Returns the index of the frame that a return belongs to, or nil if it is not known.
  ///
  /// A driver that handles an exception by itself leaves routines that never return, so that their
  /// frames stay: the stack pointer tells which call a return is of.
  func frameIndex(returningAt stackPointer: UInt64, before end: Int) -> Int? {
    var index = end - 1
    while index >= 0 {
      let frame = frames[index]
      if frame.exit == stackPointer { return index }
      // What is deeper in the stack than the stack pointer was left.
      guard !frame.isBoundary, frame.entry < stackPointer else { return nil }
      index -= 1
    }
    return nil
  }

  /// Removes the frame that a return belongs to, with those that were left.
  func removeReturningFrame() -> Frame? {
    guard let index = frameIndex(returningAt: registers.rsp, before: frames.count) else {
      // A routine of the wrong calling convention returns to its caller all the same.
      return frames.popLast()
    }
    let frame = frames[index]
    frames.removeSubrange(index...)
    return frame
  }

  /// Removes the frames of routines that were left, seen from a call of the driver's.
  func removeLeftFrames() {
    guard frames.count > Self.frameCountToPrune else { return }
    let stack = dispatcher.current.stack
    // On a stack of the driver's own, nothing can be told.
    guard stack.contains(VirtualAddress(rawValue: registers.rsp)) else { return }
    while let frame = frames.last, !frame.isBoundary, frame.entry < registers.rsp,
      stack.contains(VirtualAddress(rawValue: frame.entry))
    {
      frames.removeLast()
    }
  }
}
