internal import GuestABI
internal import NTStructures

/// Who owns an object and who may do what with it: `SECURITY_DESCRIPTOR`.
struct CapturedSecurityDescriptor {
  /// The parts of a descriptor: `SECURITY_INFORMATION`.
  struct Components: OptionSet, Hashable, Sendable, GuestScalar, GuestArgument {
    let rawValue: UInt32

    static var owner: Self { Self(rawValue: 1) }
    static var group: Self { Self(rawValue: 2) }
    static var dacl: Self { Self(rawValue: 4) }
    static var sacl: Self { Self(rawValue: 8) }
    static var all: Self { [.owner, .group, .dacl, .sacl] }
  }

  /// `SE_…` flags, without `SE_SELF_RELATIVE`.
  var control: UInt16 = 0
  var owner: [UInt8]?
  var group: [UInt8]?
  var sacl: [UInt8]?
  var dacl: [UInt8]?

  /// The flags that speak of the discretionary list: present, defaulted, auto-inherited, protected.
  static var daclFlags: UInt16 { 0x150C }
  /// The flags that speak of the system list.
  static var saclFlags: UInt16 { 0x2A30 }
  static var daclPresent: UInt16 { 0x0004 }
  static var saclPresent: UInt16 { 0x0010 }
  static var selfRelative: UInt16 { 0x8000 }

  /// The parts that the descriptor says something of.
  var presentComponents: Components {
    var components: Components = []
    if owner != nil { components.insert(.owner) }
    if group != nil { components.insert(.group) }
    if control & Self.daclPresent != 0 { components.insert(.dacl) }
    if control & Self.saclPresent != 0 { components.insert(.sacl) }
    return components
  }

  /// Reads a descriptor, absolute or self-relative.
  ///
  /// - Returns: The descriptor, or why it is not valid.
  /// - Throws: A ``GuestFault`` if it cannot be read.
  static func read(
    at address: VirtualAddress,
    in memory: AddressSpace
  ) throws -> Attempt<CapturedSecurityDescriptor> {
    guard try memory.load(UInt8.self, at: address) == 1 else { return .failed(.unknownRevision) }
    let control = try memory.load(UInt16.self, at: address + 2)
    let isRelative = control & selfRelative != 0
    let pointerSize = isRelative ? 4 : memory.architecture.pointerSize
    // Owner, Group, Sacl and Dacl follow the control, aligned as pointers are.
    let places = try (0..<4).map { index in
      let field = address + max(4, pointerSize) + index * pointerSize
      guard isRelative else { return try memory.load(VirtualAddress.self, at: field) }
      let offset = try memory.load(UInt32.self, at: field)
      return offset == 0 ? VirtualAddress.null : address + Int(offset)
    }
    var descriptor = CapturedSecurityDescriptor(control: control & ~selfRelative)
    if places[0] != .null {
      guard let owner = try identifier(at: places[0], in: memory) else {
        return .failed(.invalidSID)
      }
      descriptor.owner = owner
    }
    if places[1] != .null {
      guard let group = try identifier(at: places[1], in: memory) else {
        return .failed(.invalidSID)
      }
      descriptor.group = group
    }
    if control & saclPresent != 0, places[2] != .null {
      guard let sacl = try list(at: places[2], in: memory) else { return .failed(.invalidACL) }
      descriptor.sacl = sacl
    }
    if control & daclPresent != 0, places[3] != .null {
      guard let dacl = try list(at: places[3], in: memory) else { return .failed(.invalidACL) }
      descriptor.dacl = dacl
    }
    return .done(descriptor)
  }

  private static func identifier(
    at address: VirtualAddress,
    in memory: AddressSpace
  ) throws -> [UInt8]? {
    let head = try memory.bytes(at: address, count: 2)
    guard head[0] == 1, head[1] <= 15 else { return nil }
    return try memory.bytes(at: address, count: 8 + 4 * Int(head[1]))
  }

  private static func list(
    at address: VirtualAddress,
    in memory: AddressSpace
  ) throws -> [UInt8]? {
    let revision = try memory.load(UInt8.self, at: address)
    let size = try memory.load(UInt16.self, at: address + 2)
    let count = try memory.load(UInt16.self, at: address + 4)
    guard 2...4 ~= revision, size >= 8 else { return nil }
    let bytes = try memory.bytes(at: address, count: Int(size))
    var offset = 8
    for _ in 0..<count {
      guard offset + 4 <= bytes.count else { return nil }
      let entrySize = Int(bytes[offset + 2]) | Int(bytes[offset + 3]) << 8
      guard entrySize >= 4, offset + entrySize <= bytes.count else { return nil }
      offset += entrySize
    }
    return bytes
  }

  /// The descriptor in self-relative form: the lists first, then owner and group.
  var selfRelativeBytes: [UInt8] {
    var body: [UInt8] = []
    func place(_ part: [UInt8]?) -> UInt32 {
      guard let part else { return 0 }
      let offset = UInt32(20 + body.count)
      body += part
      body += repeatElement(0, count: (4 - part.count % 4) % 4)
      return offset
    }
    let sacl = place(sacl)
    let dacl = place(dacl)
    let owner = place(owner)
    let group = place(group)
    var bytes: [UInt8] = [1, 0]
    bytes.append(littleEndian: control | Self.selfRelative)
    for offset in [owner, group, sacl, dacl] { bytes.append(littleEndian: offset) }
    return bytes + body
  }
}

/// The security of an object, as far as it has been set.
///
/// What an object has from its creation depends on its creator and its directory, and is not modelled.
struct ObjectSecurity {
  private(set) var descriptor = CapturedSecurityDescriptor()
  /// The parts that have been set, so that they are known.
  private(set) var known: CapturedSecurityDescriptor.Components = []

  /// Sets some parts to those of a descriptor.
  mutating func set(
    _ new: CapturedSecurityDescriptor,
    _ components: CapturedSecurityDescriptor.Components
  ) {
    if components.contains(.owner) { descriptor.owner = new.owner }
    if components.contains(.group) { descriptor.group = new.group }
    if components.contains(.dacl) {
      descriptor.dacl = new.dacl
      takeFlags(CapturedSecurityDescriptor.daclFlags, of: new)
    }
    if components.contains(.sacl) {
      descriptor.sacl = new.sacl
      takeFlags(CapturedSecurityDescriptor.saclFlags, of: new)
    }
    known.formUnion(components)
  }

  private mutating func takeFlags(_ flags: UInt16, of new: CapturedSecurityDescriptor) {
    descriptor.control = descriptor.control & ~flags | new.control & flags
  }

  /// Returns a descriptor with only some parts.
  func part(_ components: CapturedSecurityDescriptor.Components) -> CapturedSecurityDescriptor {
    var part = CapturedSecurityDescriptor()
    if components.contains(.owner) { part.owner = descriptor.owner }
    if components.contains(.group) { part.group = descriptor.group }
    if components.contains(.dacl) {
      part.dacl = descriptor.dacl
      part.control |= descriptor.control & CapturedSecurityDescriptor.daclFlags
    }
    if components.contains(.sacl) {
      part.sacl = descriptor.sacl
      part.control |= descriptor.control & CapturedSecurityDescriptor.saclFlags
    }
    return part
  }
}
