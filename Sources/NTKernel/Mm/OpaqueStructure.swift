internal import GuestABI

/// A structure of the kernel whose fields are not documented, but for a few.
///
/// A driver that reads another field would get a number that means nothing: the run ends there, and
/// says which field it was.
struct OpaqueStructure {
  /// The structure's name.
  let name: String
  /// The first byte.
  let base: VirtualAddress
  /// The offsets of the fields that are modelled.
  let modelled: [Range<Int>]
}

extension MemoryManager {
  /// Watches the pages of a structure, which nothing else may share.
  func watch(_ structure: OpaqueStructure, byteCount: Int) {
    for offset in stride(from: 0, to: byteCount, by: 4096) {
      let page = structure.base + offset
      guard let entry = memory.tables.entry(for: page) else { continue }
      memory.tables.store(memory.tables.load(entry).union(.watched), at: entry)
      memory.invalidate(page)
      opaqueStructures[page] = structure
    }
  }

  /// Allocates a zeroed object of the kernel in pages of its own, and watches it.
  func allocateOpaque(
    _ name: String,
    byteCount: Int,
    modelled: [Range<Int>]
  ) throws -> VirtualAddress {
    let size = max(byteCount, 4096)
    guard let body = try allocatePool(size, .nonpaged, tag: 0x7161_704F) else {
      throw Unmodelled("running out of memory for \(name)")
    }
    try memory.fill(at: body, count: size)
    let structure = OpaqueStructure(name: name, base: body, modelled: modelled)
    watch(structure, byteCount: size)
    return body
  }

  /// Frees what ``allocateOpaque(_:byteCount:modelled:)`` returned.
  func freeOpaque(_ body: VirtualAddress) throws {
    for page in opaqueStructures.filter({ $0.value.base == body }).keys {
      opaqueStructures[page] = nil
    }
    try freePool(body)
  }

  /// Ends the run if the guest accesses a field that is not modelled.
  func check(_ access: ObservedAccess, of structure: OpaqueStructure) {
    guard let instruction = access.instruction else { return }
    let offset = Int(clamping: access.address.rawValue &- structure.base.rawValue)
    let range = offset..<offset + access.byteCount
    let isModelled = structure.modelled.contains {
      $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound
    }
    if !isModelled, failedAction == nil {
      let place = "0x" + String(offset, radix: 16, uppercase: true)
      context.caller = instruction
      failedAction = Unmodelled("the field of \(structure.name) at +\(place)")
    }
  }
}
