internal import GuestABI

extension MemoryManager {
  /// Takes note of a frame whose physical address a driver was told.
  func noteAnswer(_ frame: FrameNumber) {
    if physicalAnswers.count < Self.mostAnswers {
      physicalAnswers.append(frame)
    } else {
      physicalAnswers[oldestAnswer] = frame
      oldestAnswer = (oldestAnswer + 1) % Self.mostAnswers
    }
  }

  /// The most answers of `MmGetPhysicalAddress` that are remembered.
  private static var mostAnswers: Int { 32 }

  /// Tells of physical addresses that are mapped from that of a buffer on, as if its pages were contiguous.
  ///
  /// It is seen where the address is one that `MmGetPhysicalAddress` returned, and the frame behind it belongs
  /// to something else. What a device does with such an address is not seen.
  func checkContiguity(_ mapped: Range<FrameNumber>, _ routine: String) {
    guard mapped.count > 1, physicalAnswers.contains(mapped.lowerBound),
      let start = frames.page(of: mapped.lowerBound)
    else { return }
    for (index, frame) in mapped.enumerated().dropFirst()
    where frames.page(of: frame) != start + index * 4096 {
      let count = "\(mapped.count) pages from the physical address of \(start) on"
      report(
        .contiguityAssumed,
        "\(routine) maps \(count), but page \(index) of the buffer is elsewhere in memory"
      )
      return
    }
  }
}
