public import GuestABI

/// What was done with an MDL or a block of pool.
public enum ObjectAct: UInt8, Sendable {
  case allocated, initialized, built, builtAsPart, locked, mapped, unmapped, unlocked, freed
}

/// One act in the life of an object.
public struct ObjectEvent: Sendable {
  public let act: ObjectAct
  /// The address of the object.
  public let object: VirtualAddress
  /// The driver's call, or NULL if the system acted by itself.
  public let place: VirtualAddress
  /// Where the pages were mapped, or the MDL that it is a part of; else NULL.
  public let address: VirtualAddress
  /// The pages that were mapped there before, or that a block of pool was, if it was whole pages.
  public let pageCount: Int32
  /// How often the same was done at the same place; the last time counts for the rest.
  public internal(set) var count = 1

  init(
    _ act: ObjectAct,
    _ object: VirtualAddress,
    at place: VirtualAddress,
    _ address: VirtualAddress = .null,
    pageCount: Int = 0
  ) {
    self.act = act
    self.object = object
    self.place = place
    self.address = address
    self.pageCount = Int32(clamping: pageCount)
  }
}

/// The latest acts, from which an object's life can be told when a driver does something wrong with
/// it.
///
/// Noting an act is a store into a ring; nothing is allocated. What a ring of this size has
/// forgotten about objects that live long, those who keep the objects still know.
struct ObjectLedger {
  /// The acts that are remembered.
  static var capacity: Int { 2048 }

  private var events: [ObjectEvent] = []
  private var next = 0

  init() { events.reserveCapacity(Self.capacity) }

  /// Takes note of an act.
  @inline(__always)
  mutating func note(_ event: ObjectEvent) {
    if events.count < Self.capacity {
      events.append(event)
    } else {
      events[next] = event
      next = (next + 1) & (Self.capacity - 1)
    }
  }

  /// Calls a closure with each act that is remembered, the latest first, until it returns false.
  func forEachFromLast(_ body: (ObjectEvent) -> Bool) {
    for index in events.indices {
      let place = (next + events.count - 1 - index) % events.count
      guard body(events[place]) else { return }
    }
  }

  /// What is remembered of the life of the object that is, or was last, at an address: the first act
  /// first, and what was done again and again at one place only once.
  func life(of object: VirtualAddress) -> [ObjectEvent] {
    var life: [ObjectEvent] = []
    forEachFromLast { event in
      guard event.object == object else { return true }
      if let same = life.firstIndex(where: { $0.act == event.act && $0.place == event.place }) {
        life[same].count += 1
      } else if life.count < Self.mostActs {
        life.append(event)
      }
      return event.act != .allocated
    }
    return life.reversed()
  }

  /// The most different acts of one life that are told.
  private static var mostActs: Int { 32 }
}
