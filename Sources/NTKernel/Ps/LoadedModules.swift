public import GuestABI
internal import NTReleases
internal import NTStructures

/// The images in the system's memory, in the order in which they were loaded.
///
/// The kernel keeps a `KLDR_DATA_TABLE_ENTRY` for each, in a list whose head is `PsLoadedModuleList`.
public final class LoadedModules {
  /// An image in the system's memory.
  public struct Module: Sendable {
    /// The name of its file.
    public let name: String
    /// The path of its file, as the kernel tells it.
    public let path: String
    public let range: Range<VirtualAddress>
    /// Its loader entry, followed by the texts of its names.
    public let entry: VirtualAddress

    /// The bytes of the image.
    public var byteCount: Int { Int(range.upperBound.rawValue - range.lowerBound.rawValue) }
  }

  public private(set) var modules: [Module] = []
  private let manager: MemoryManager
  let memory: AddressSpace
  /// The head of the list, a `LIST_ENTRY`.
  private var head: GuestPointer<ListEntry>

  /// Creates an empty list.
  init(_ manager: MemoryManager) throws {
    self.manager = manager
    memory = manager.memory
    head = GuestPointer(try Self.allocate(ListEntry.size(on: memory.architecture), manager))
    try setLinks(head, head, head)
  }

  private static func allocate(
    _ byteCount: Int,
    _ manager: MemoryManager
  ) throws -> VirtualAddress {
    // The tag `MmLd`, which NT's own entries have.
    guard let block = try manager.allocatePool(byteCount, .nonpaged, tag: 0x644C_6D4D) else {
      throw Unmodelled("running out of pool for the list of loaded modules")
    }
    try manager.memory.fill(at: block, count: byteCount)
    return block
  }

  /// The path of an image of the system itself.
  public func path(ofSystemImage name: String) -> String {
    let root = manager.behaviour.systemImageRoot
    return "\(root)\\system32\\\(name)"
  }

  /// The path of a driver that is loaded by its service's `ImagePath`.
  public func path(ofDriver name: String) -> String { "\\SystemRoot\\System32\\drivers\\\(name)" }

  /// Takes note of an image that was loaded.
  ///
  /// - Parameters:
  ///   - name: The name of its file.
  ///   - path: The path of its file.
  ///   - range: Its addresses.
  ///   - entryPoint: Its first instruction, or null.
  ///   - checksum: The checksum in its header.
  /// - Throws: ``Unmodelled`` if the pool is exhausted.
  public func add(
    _ name: String,
    path: String,
    range: Range<VirtualAddress>,
    entryPoint: VirtualAddress,
    checksum: UInt32
  ) throws {
    let size = LoaderEntry.size(on: memory.architecture)
    // What a UNICODE_STRING can hold; longer names are the host's, not NT's.
    let units = Array(path.utf16.suffix(0x7FF0))
    let nameLength = min(name.utf16.count, units.count)
    let text = try Self.allocate(size + units.count * 2 + 2, manager)
    let entry = GuestPointer<LoaderEntry>(text)
    try memory.modify(entry) { entry in
      entry.imageBase = range.lowerBound
      entry.entryPoint = entryPoint
      entry.imageSize = UInt32(clamping: range.upperBound.rawValue - range.lowerBound.rawValue)
      entry.flags = 0x4000  // LDRP_ENTRY_PROCESSED
      entry.loadCount = 1
      entry.checksum = checksum
    }
    let characters = text + size
    for (index, unit) in units.enumerated() { try memory.store(unit, at: characters + index * 2) }
    let view = memory[entry]
    try memory.set(
      GuestPointer<CountedString>(view.address(of: \.fullName)),
      buffer: characters,
      length: units.count * 2,
      maximumLength: units.count * 2 + 2
    )
    try memory.set(
      GuestPointer<CountedString>(view.address(of: \.baseName)),
      buffer: characters + (units.count - nameLength) * 2,
      length: nameLength * 2,
      maximumLength: nameLength * 2 + 2
    )
    try insertLast(GuestPointer(text))
    modules.append(Module(name: name, path: path, range: range, entry: text))
  }

  /// Forgets an image that is unloaded.
  ///
  /// - Throws: A `GuestFault` if a driver has broken the list.
  public func remove(_ range: Range<VirtualAddress>) throws {
    guard let index = modules.firstIndex(where: { $0.range == range }) else { return }
    let module = modules.remove(at: index)
    let entry = GuestPointer<ListEntry>(module.entry)
    // A driver that hides takes its entry out of the list, whose links then lead elsewhere.
    let (flink, blink) = try (memory[entry].flink, memory[entry].blink)
    if try memory[blink].flink == entry, try memory[flink].blink == entry {
      try memory[blink].store(flink, in: \.flink)
      try memory[flink].store(blink, in: \.blink)
    }
    try manager.freePool(module.entry)
  }

  /// The loader entry of an image, or null.
  public func entry(of range: Range<VirtualAddress>) -> VirtualAddress {
    modules.last { $0.range == range }?.entry ?? .null
  }

  /// Puts the head of the list where drivers import it from.
  func moveHead(to place: VirtualAddress) throws {
    let new = GuestPointer<ListEntry>(place)
    let (first, last) = try (memory[head].flink, memory[head].blink)
    if first == head {
      try setLinks(new, new, new)
    } else {
      try setLinks(new, first, last)
      try memory[first].store(new, in: \.blink)
      try memory[last].store(new, in: \.flink)
    }
    head = new
  }

  private func insertLast(_ entry: GuestPointer<ListEntry>) throws {
    let last = try memory[head].blink
    try setLinks(entry, head, last)
    try memory[last].store(entry, in: \.flink)
    try memory[head].store(entry, in: \.blink)
  }

  private func setLinks(
    _ entry: GuestPointer<ListEntry>,
    _ flink: GuestPointer<ListEntry>,
    _ blink: GuestPointer<ListEntry>
  ) throws {
    try memory.modify(entry) { entry in
      entry.flink = flink
      entry.blink = blink
    }
  }

  /// The variable that drivers import.
  var dataExports: [DataExport] {
    [
      DataExport("PsLoadedModuleList", byteCount: { ListEntry.size(on: $0) }) {
        [self] address, _ in
        try moveHead(to: address)
      }
    ]
  }
}
