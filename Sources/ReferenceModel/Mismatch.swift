public import NTReleases

/// The kernel's model did something else than the reference.
public struct Mismatch: Error, CustomStringConvertible {
  /// The release that was modelled.
  public let release: Release
  /// The number of the act, from 0, and what it was.
  public let act: Int
  public let name: String
  /// What was expected and what was seen.
  public let detail: String
  /// What makes the sequence the same again.
  public let seed: UInt64

  public var description: String {
    "\(release.id), seed \(seed), act \(act) (\(name)): \(detail)"
  }
}

/// A difference, found where the number of the act is not known.
struct Difference: Error {
  let detail: String

  init(_ detail: String) { self.detail = detail }
}

/// Checks that something is as it should be.
func expect<Value: Equatable>(
  _ seen: Value,
  _ expected: Value,
  _ what: @autoclosure () -> String
) throws {
  guard seen != expected else { return }
  throw Difference("\(what()) is \(seen), not \(expected)")
}
