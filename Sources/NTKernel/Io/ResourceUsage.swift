internal import GuestABI
internal import NTStructures

/// The hardware resources that drivers say they use: `IoReportResourceUsage` and its like.
final class ResourceUsage {
  /// A resource that somebody uses.
  private struct Claim: Hashable {
    enum Kind: Hashable { case ports, memory, interrupt, channel }

    let kind: Kind
    let range: ClosedRange<UInt64>
    let isShared: Bool

    func conflicts(with other: Claim) -> Bool {
      kind == other.kind && range.overlaps(other.range) && !(isShared && other.isShared)
    }
  }

  /// Who uses resources: a driver, or one of its devices.
  private struct Owner: Hashable {
    let driver: VirtualAddress
    let device: VirtualAddress
  }

  private let memory: AddressSpace
  /// What each driver uses, in the order of the first reports.
  private var claims: [(owner: Owner, claims: [Claim])] = []

  init(memory: AddressSpace) { self.memory = memory }

  /// The most resources that a list may have.
  private static var countLimit: UInt32 { 4096 }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("IoReportResourceUsage") {
        [self]
        (
          className: VirtualAddress,
          driver: VirtualAddress,
          driverList: VirtualAddress,
          driverListSize: UInt32,
          device: VirtualAddress,
          deviceList: VirtualAddress,
          deviceListSize: UInt32,
          overridesConflict: Bool,
          isConflict: GuestPointer<UInt8>
        ) in
        let lists = [
          (Owner(driver: driver, device: .null), driverList, driverListSize),
          (Owner(driver: driver, device: device), deviceList, deviceListSize),
        ]
        let found = try report(lists, isConflict, overridesConflict: overridesConflict)
        if found, !overridesConflict { throw Unmodelled("IoReportResourceUsage with a conflict") }
        return NTStatus.success
      },
      export("IoReportResourceForDetection") {
        [self]
        (
          driver: VirtualAddress,
          driverList: VirtualAddress,
          driverListSize: UInt32,
          device: VirtualAddress,
          deviceList: VirtualAddress,
          deviceListSize: UInt32,
          isConflict: GuestPointer<UInt8>
        ) in
        let lists = [
          (Owner(driver: driver, device: .null), driverList, driverListSize),
          (Owner(driver: driver, device: device), deviceList, deviceListSize),
        ]
        let found = try report(lists, isConflict, overridesConflict: false)
        return found ? NTStatus.conflictingAddresses : .success
      },
    ]
  }

  /// Takes note of lists, unless they conflict with those of others.
  ///
  /// A list takes the place of the owner's last one; without a list, the owner uses nothing any more.
  ///
  /// - Returns: Whether they conflict.
  private func report(
    _ lists: [(owner: Owner, list: VirtualAddress, byteCount: UInt32)],
    _ isConflict: GuestPointer<UInt8>,
    overridesConflict: Bool
  ) throws -> Bool {
    var reported: [(owner: Owner, claims: [Claim])] = []
    for (owner, list, byteCount) in lists where list != .null && byteCount > 0 {
      reported.append((owner, try claims(in: list, byteCount: byteCount)))
    }
    let driver = lists[0].owner.driver
    let others = claims.filter { $0.owner.driver != driver }.flatMap(\.claims)
    let found = reported.flatMap(\.claims).contains { claim in
      others.contains { $0.conflicts(with: claim) }
    }
    try memory.store(UInt8(found ? 1 : 0), at: isConflict.address)
    guard !found || overridesConflict else { return true }
    let owners = lists.map(\.owner)
    claims.removeAll { owners.contains($0.owner) }
    claims += reported
    return found
  }

  /// Reads a `CM_RESOURCE_LIST`.
  private func claims(in list: VirtualAddress, byteCount: UInt32) throws -> [Claim] {
    let isX86 = memory.architecture == .x86
    let size = isX86 ? 16 : 20
    let end = list + Int(byteCount)
    var claims: [Claim] = []
    var place = list + 4
    for _ in 0..<min(try memory.load(UInt32.self, at: list), Self.countLimit) {
      guard place + 16 <= end else { break }
      let count = min(try memory.load(UInt32.self, at: place + 12), Self.countLimit)
      place = place + 16
      for _ in 0..<count {
        guard place + size <= end, claims.count < Int(Self.countLimit) else { break }
        if let claim = try claim(at: place) { claims.append(claim) }
        place = place + size
      }
    }
    return claims
  }

  /// Reads a `CM_PARTIAL_RESOURCE_DESCRIPTOR`, or returns nil for one that nobody can conflict with.
  private func claim(at place: VirtualAddress) throws -> Claim? {
    let type: UInt8 = try memory.load(at: place)
    // CmResourceShareShared is 3.
    let isShared = try memory.load(UInt8.self, at: place + 1) == 3
    func range(_ start: UInt64, _ count: UInt64) -> ClosedRange<UInt64>? {
      let last = start.addingReportingOverflow(count &- 1)
      return count == 0 || last.overflow ? nil : start...last.partialValue
    }
    let first: UInt32 = try memory.load(at: place + 4)
    switch type {
    case 1, 3:
      let start: UInt64 = try memory.load(at: place + 4)
      let count: UInt32 = try memory.load(at: place + 12)
      return range(start, UInt64(count)).map {
        Claim(kind: type == 1 ? .ports : .memory, range: $0, isShared: isShared)
      }
    case 2:
      let vector = UInt64(try memory.load(UInt32.self, at: place + 8))
      return Claim(kind: .interrupt, range: vector...vector, isShared: isShared)
    case 4:
      return Claim(kind: .channel, range: UInt64(first)...UInt64(first), isShared: isShared)
    default: return nil
    }
  }
}
