public import Snapshots

extension Machine {
  /// Takes a snapshot: the memory, the processor, and all that the kernel knows.
  ///
  /// What changes afterwards is copied when it first does. Closures that the machine keeps must not
  /// capture variables.
  ///
  /// - Returns: The snapshot. It makes earlier ones of this machine unusable.
  public func snapshot() -> Snapshot { Snapshot(of: self) }

  /// Brings back the state that the last snapshot holds.
  ///
  /// The guest must not run: this is for the time between two requests.
  public func restore(_ snapshot: Snapshot) { snapshot.restore() }
}
