import GuestABI

/// An address space over a few megabytes, with pages that a test maps.
struct GuestFixture {
  let memory: AddressSpace
  private let nextFrame: NextFrame

  /// Where the tests' pages are.
  let base: VirtualAddress

  private final class NextFrame {
    var value: FrameNumber = 1
  }

  init(_ format: PageTableFormat) throws {
    let ram = try GuestRAM(byteCount: 8 << 20)
    let tables = PageTables(ram: ram, format: format, root: PhysicalAddress(frame: 0))
    let architecture: Architecture = format == .fourLevel ? .x64 : .x86
    memory = AddressSpace(architecture: architecture, tables: tables)
    base = VirtualAddress(rawValue: architecture == .x64 ? 0xFFFF_F800_0000_0000 : 0x8000_0000)
    nextFrame = NextFrame()
  }

  init(_ architecture: Architecture) throws {
    try self.init(architecture == .x64 ? .fourLevel : .twoLevel)
  }

  func allocateFrame() -> FrameNumber {
    defer { nextFrame.value += 1 }
    return nextFrame.value
  }

  /// Sets the entry of a page.
  func set(_ pte: HardwarePTE, at page: VirtualAddress) throws {
    let entry = try memory.tables.makeEntry(for: page, allocateTable: allocateFrame)
    memory.tables.store(pte, at: entry)
    memory.invalidate(page)
  }

  /// Maps a new frame.
  @discardableResult
  func map(
    _ page: VirtualAddress,
    _ options: HardwarePTE = [.present, .writable]
  ) throws -> FrameNumber {
    let frame = allocateFrame()
    try set(HardwarePTE(frame, options), at: page)
    return frame
  }

  /// Maps pages from ``base`` on.
  func map(count: Int) throws {
    for page in 0..<count { try map(base + page * 4096) }
  }
}

/// A generator whose numbers depend on its seed alone: xorshift.
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

/// An observer that remembers the accesses.
final class Recorder: MemoryObserver {
  var accesses: [ObservedAccess] = []

  func observe(_ access: ObservedAccess) -> Bool {
    accesses.append(access)
    return false
  }
}
