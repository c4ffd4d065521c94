import GuestABI
import NTStructures

/// Entries of access-control lists of any type, and masks of rights.
extension RuntimeLibrary {
  private typealias Pointer = GuestPointer<ACL>

  var accessEntryExports: [Export] {
    [
      export("RtlAddAce", to: addEntries(to:_:at:_:size:)),
      export("RtlDeleteAce") { [self] (acl: Pointer, index: UInt32) in
        let count = try memory[acl].aceCount
        guard try isValid(acl), index < UInt32(count),
          let start = try end(of: acl, afterEntries: Int(index)),
          let end = try end(of: acl, afterEntries: Int(count))
        else { return NTStatus.invalidParameter }
        let next = start + Int(try memory[GuestPointer<ACE>(start)].aceSize)
        let rest = Int(truncatingIfNeeded: end.rawValue &- next.rawValue)
        try memory.copy(from: next, to: start, count: rest)
        let freed = Int(truncatingIfNeeded: next.rawValue &- start.rawValue)
        try memory.fill(at: start + rest, count: freed)
        try memory[acl].store(count - 1, in: \.aceCount)
        return .success
      },
      export("RtlFindAceByType") { [self] (acl: Pointer, type: UInt8, index: VirtualAddress) in
        var number = index == .null ? 0 : Int(try memory.load(UInt32.self, at: index))
        let count = Int(try memory[acl].aceCount)
        while number < count, let place = try end(of: acl, afterEntries: number) {
          if try memory[GuestPointer<ACE>(place)].type == type {
            if index != .null { try memory.store(UInt32(number), at: index) }
            return place
          }
          number += 1
        }
        return .null
      },
      export("RtlMapGenericMask") {
        [self] (mask: GuestPointer<UInt32>, mapping: VirtualAddress) in
        var rights = try memory.load(UInt32.self, at: mask.address)
        // GENERIC_MAPPING: what reading, writing, executing and all mean.
        for (index, bit) in [0x8000_0000, 0x4000_0000, 0x2000_0000, 0x1000_0000].enumerated()
        where rights & UInt32(bit) != 0 {
          rights |= try memory.load(UInt32.self, at: mapping + index * 4)
        }
        try memory.store(rights & 0x0FFF_FFFF, at: mask.address)
      },
      export("RtlAreAllAccessesGranted") { (granted: UInt32, desired: UInt32) in
        desired & ~granted == 0
      },
      export("RtlAreAnyAccessesGranted") { (granted: UInt32, desired: UInt32) in
        desired & granted != 0
      },
      export("RtlConvertSidToUnicodeString") {
        [self] (string: GuestPointer<CountedString>, sid: GuestPointer<SID>, allocates: Bool) in
        guard try isValid(sid) else { return NTStatus.invalidSID }
        let units = try text(of: sid).utf16.map { $0 }
        let size = units.count * 2
        if allocates {
          guard let block = try allocateString(size + 2) else { return .noMemory }
          try memory.set(string, buffer: block, length: size, maximumLength: size + 2)
        } else {
          let room = Int(try memory[string].maximumLength)
          guard room != size && room != size + 1 else {
            throw Unmodelled("RtlConvertSidToUnicodeString: no room for the terminator")
          }
          guard size + 2 <= room else { return .bufferOverflow }
          try memory[string].store(UInt16(size), in: \.length)
        }
        try memory.store(units: units + [0], at: memory[string].buffer)
        return .success
      },
    ]
  }

  /// Returns a SID as text.
  private func text(of sid: GuestPointer<SID>) throws -> String {
    let bytes = try memory.bytes(at: sid.address, count: length(of: sid))
    let authority = bytes[2..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard authority <= UInt64(UInt32.max) else {
      // Hexadecimal; the page's example and the C runtime's do not agree on how many digits.
      throw Unmodelled("RtlConvertSidToUnicodeString: an authority of more than 32 bits")
    }
    var text = "S-\(bytes[0])-\(authority)"
    for start in stride(from: 8, to: bytes.count, by: 4) {
      text += "-\(bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })"
    }
    return text
  }

  /// Puts entries into a list before the entry of a number, or at the end.
  ///
  /// The corresponding kernel routine is `RtlAddAce`.
  private func addEntries(
    to acl: GuestPointer<ACL>,
    _ revision: UInt32,
    at index: UInt32,
    _ entries: VirtualAddress,
    size: UInt32
  ) throws -> NTStatus {
    guard try isValid(acl), (2...4).contains(revision), size <= 0xFFFF else {
      return .invalidParameter
    }
    var count = 0
    var place = 0
    while place < Int(size) {
      guard Int(size) - place >= ACE.headerSize else { return .invalidParameter }
      let entrySize = Int(try memory[GuestPointer<ACE>(entries + place)].aceSize)
      guard entrySize >= ACE.headerSize, entrySize <= Int(size) - place else {
        return .invalidParameter
      }
      place += entrySize
      count += 1
    }
    let old = Int(try memory[acl].aceCount)
    guard let end = try end(of: acl, afterEntries: old),
      let start = try self.end(of: acl, afterEntries: min(Int(index), old))
    else { return .invalidParameter }
    guard end + Int(size) <= acl.address + Int(try memory[acl].aclSize) else {
      return .bufferTooSmall
    }
    let moved = Int(truncatingIfNeeded: end.rawValue &- start.rawValue)
    let new = try memory.bytes(at: entries, count: Int(size))
    try memory.copy(from: start, to: start + Int(size), count: moved)
    try memory.store(bytes: new, at: start)
    try memory.modify(acl) {
      $0.aceCount = UInt16(truncatingIfNeeded: old + count)
      $0.revision = max($0.revision, UInt8(revision))
    }
    return .success
  }
}
