/// An object that saves its state itself, because its stored properties do not show all of it.
///
/// A ``Snapshot`` leaves the stored properties of such an object alone, and does not look for other
/// objects in them.
public protocol StateSaving: AnyObject {
  /// Remembers the state as it is now.
  ///
  /// - Returns: What brings the state back, as often as it is called, until the state is saved again.
  func saveState() -> () -> Void
}
