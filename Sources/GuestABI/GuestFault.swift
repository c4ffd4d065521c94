/// A memory access that the guest's page tables do not allow.
///
/// A fault is an event in the guest, not an error in the host: the trap handler
/// turns it into an exception record or a bug check.
public struct GuestFault: Error, Hashable, Sendable {
  /// What an access does.
  public enum Access: UInt8, Sendable {
    /// A load.
    case read
    /// A store.
    case write
    /// An instruction fetch.
    case execute
  }

  /// Why an access is not possible.
  public enum Reason: Hashable, Sendable {
    /// No page is mapped there.
    case notPresent
    /// A page is mapped there, but not for this access.
    case protection
    /// A page is mapped there whose frame is neither memory nor a modelled device.
    case nothingAtPhysicalAddress(PhysicalAddress)
  }

  /// The first address that could not be accessed.
  public let address: VirtualAddress

  /// What the access would have done.
  public let access: Access

  /// Why it is not possible.
  public let reason: Reason

  /// Creates a fault.
  @inlinable
  public init(at address: VirtualAddress, access: Access, reason: Reason = .notPresent) {
    self.address = address
    self.access = access
    self.reason = reason
  }
}
