internal import GuestABI
public import NTKernel

/// What happened in one machine, in order.
public final class Trace: KernelEventSink {
  /// An event, and the step of the scenario in which it happened.
  public struct Entry: Sendable {
    public let step: Int
    public let event: KernelEvent
  }

  /// The events, at most ``capacity`` of them.
  public private(set) var entries: [Entry] = []
  /// The events beyond ``capacity``, which are not kept.
  public private(set) var droppedCount = 0
  /// The mappings that were removed, as they were then.
  public private(set) var mappings: [(step: Int, mapping: MDLMapping)] = []
  /// The step of the scenario that is being done.
  public var step = 0

  /// The most events that are kept: a driver that prints without end must not fill the host's memory.
  public static let capacity = 20_000

  /// Creates an empty trace.
  public init() {}

  public func record(_ event: KernelEvent) {
    if case .unmapped(let mapping) = event, mappings.count < Self.capacity {
      mappings.append((step, mapping))
    }
    guard entries.count < Self.capacity else {
      droppedCount += 1
      return
    }
    entries.append(Entry(step: step, event: event))
  }
}
