public import GuestABI

/// What the kernel knows of the call that it is carrying out.
public final class CallContext {
  /// Where the routine returns to.
  public var caller = VirtualAddress.null

  /// Creates a context.
  public init() {}
}
