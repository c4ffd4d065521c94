/// Where a pool of the kernel, or its system PTEs, end.
///
/// Every case is a rule of its own; ``Behaviour`` says which one a release follows.
public enum MemoryLimit: Hashable, Sendable {
  /// KB Q126402's formula for nonpaged pool: 1 MB, and 400 KB for each MB of physical memory above 4,
  /// but not more than a number of MB.
  case growing(atMostMegabytes: Int)
  /// KB Q126402's formula for paged pool: twice the limit of nonpaged pool in whole page tables, but not
  /// more than a number of MB.
  case twiceNonpaged(atMostMegabytes: Int)
  /// So many hundredths of physical memory, but not more than a number of GB.
  case share(percent: Int, atMostGigabytes: Int)
  /// A number of GB, whatever the physical memory.
  case gigabytes(Int)
  /// A number of pages that depends on physical memory: 7,000 below 19 MB, then 11,000, 22,000 above
  /// 32 MB, and 44,000 above 256 MB.
  case steps
}

extension MemoryLimit: CustomStringConvertible {
  public var description: String {
    switch self {
    case .growing(let most):
      "1 MB + 400 KB for each MB of memory above 4, at most \(most) MB"
    case .twiceNonpaged(let most): "twice nonpaged pool, at most \(most) MB"
    case .share(let percent, let most): "\(percent) % of memory, at most \(most) GB"
    case .gigabytes(let count): "\(count) GB"
    case .steps: "7,000 to 44,000 pages, by memory"
    }
  }
}

extension Behaviour {
  /// Returns the pages at which nonpaged pool ends.
  ///
  /// - Parameters:
  ///   - memorySize: The bytes of physical memory.
  ///   - pointerSize: The bytes of a pointer.
  /// - Returns: The number, without guard pages.
  public func nonpagedPoolPages(memorySize: Int, pointerSize: Int) -> Int {
    pages(pointerSize == 4 ? nonpagedPoolLimit32 : nonpagedPoolLimit64, memorySize, pointerSize)
  }

  /// Returns the pages at which paged pool ends, if physical memory and paging files have room for it.
  ///
  /// - Parameters:
  ///   - memorySize: The bytes of physical memory.
  ///   - pointerSize: The bytes of a pointer.
  /// - Returns: The number, without guard pages.
  public func pagedPoolPages(memorySize: Int, pointerSize: Int) -> Int {
    pages(pointerSize == 4 ? pagedPoolLimit32 : pagedPoolLimit64, memorySize, pointerSize)
  }

  /// Returns the number of system PTEs.
  ///
  /// - Parameters:
  ///   - memorySize: The bytes of physical memory.
  ///   - pointerSize: The bytes of a pointer.
  /// - Returns: The number, without guard pages.
  public func systemPTECount(memorySize: Int, pointerSize: Int) -> Int {
    pages(pointerSize == 4 ? systemPTELimit32 : systemPTELimit64, memorySize, pointerSize)
  }

  private func pages(_ limit: MemoryLimit, _ memorySize: Int, _ pointerSize: Int) -> Int {
    let megabytes = memorySize >> 20
    let pagesInMegabyte = 256
    switch limit {
    case .growing(let most):
      let extra = max(0, megabytes - 4)
      // The pool that there is from the start, and 16 pages.
      let least = 64 + extra * 8 + 16
      return min(max(256 + extra * 100, least), most * pagesInMegabyte)
    case .twiceNonpaged(let most):
      let twice = 2 * nonpagedPoolPages(memorySize: memorySize, pointerSize: pointerSize)
      // The formula divides and multiplies by the entries of a page table, in whole numbers.
      return min((twice + 1023) / 1024 * 1024, most * pagesInMegabyte)
    case .share(let percent, let most):
      return min((memorySize >> 12) * percent / 100, most << 18)
    case .gigabytes(let count): return count << 18
    case .steps:
      return switch megabytes {
      case ..<19: 7_000
      case ...32: 11_000
      case ...256: 22_000
      default: 44_000
      }
    }
  }
}
