internal import GuestABI

/// The memory of a section that no file backs.
public struct SectionMemory: Sendable {
  let frames: [FrameNumber]
  let byteCount: Int
  /// Whether views may be written.
  let isWritable: Bool
}

extension MemoryManager {
  /// Allocates zeroed frames for a section, or returns nil if there are not enough.
  func allocateSectionFrames(_ count: Int) -> [FrameNumber]? {
    // A few frames stay in reserve for page tables.
    guard frames.freeCount > count + 64 else { return nil }
    var pages: [FrameNumber] = []
    pages.reserveCapacity(count)
    let type = CachingType(HardwarePTE.present)
    for _ in 0..<count {
      guard let frame = frames.allocateZeroed(.user) else { continue }
      frames.setCachingType(type, of: frame)
      pages.append(frame)
    }
    return pages
  }

  /// Maps frames of a section in a row, or returns nil if there is no room for them.
  func mapSectionView(
    _ view: ArraySlice<FrameNumber>,
    in region: PTERegion,
    _ options: HardwarePTE,
    alignment: Int
  ) throws -> VirtualAddress? {
    guard view.count < region.freeCount,
      let base = try reserve(view.count, in: region, .physicalView, alignment: alignment)
    else { return nil }
    try map(view, at: base, options)
    return base
  }
}
