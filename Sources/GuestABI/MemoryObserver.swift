/// Something that wants to know of each access to watched pages.
///
/// A page is watched if its entry says so: ``HardwarePTE/watched``.
public protocol MemoryObserver: AnyObject {
  /// Takes note of an access that is about to happen.
  ///
  /// - Parameter access: The access. One of more than eight bytes can arrive in parts.
  /// - Returns: Whether the next access is to be looked up afresh, so that changes to the page's entry
  ///   take effect.
  func observe(_ access: ObservedAccess) -> Bool
}

/// An access to a watched page.
public struct ObservedAccess: Sendable {
  /// The first byte.
  public let address: VirtualAddress
  /// The number of bytes.
  public let byteCount: Int
  /// What the access does.
  public let access: GuestFault.Access
  /// The instruction, or nil if a routine of the kernel makes the access for its caller.
  public let instruction: VirtualAddress?
  /// Whether ``instruction`` is the very instruction, and not one shortly before it.
  ///
  /// It is not, and ``byteCount`` is 1, where a load begins in a page that is not watched and goes on
  /// in one that is.
  public let isPrecise: Bool

  /// Creates a record of an access.
  public init(
    address: VirtualAddress,
    byteCount: Int,
    access: GuestFault.Access,
    instruction: VirtualAddress?,
    isPrecise: Bool
  ) {
    self.address = address
    self.byteCount = byteCount
    self.access = access
    self.instruction = instruction
    self.isPrecise = isPrecise
  }
}
