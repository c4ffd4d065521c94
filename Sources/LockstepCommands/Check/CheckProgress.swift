internal import Synchronization

/// Tells on standard error how far a long check is.
final class CheckProgress: Sendable {
  private static let interval = Duration.seconds(5)

  private let next: Mutex<ContinuousClock.Instant>

  init() { next = Mutex(.now + Self.interval) }

  /// Says how many files were checked, if it is time to say something.
  func report(_ done: Int, of count: Int) {
    let isDue = next.withLock { next in
      guard ContinuousClock.now >= next else { return false }
      next = .now + Self.interval
      return true
    }
    if isDue, done < count { Terminal.log("lockstep: \(done) of \(count) files") }
  }
}
