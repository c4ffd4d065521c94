public import GuestABI

/// Something that maps physical memory where a process can use it.
public protocol PhysicalViewMapper: AnyObject {
  /// Maps physical memory into the current process.
  ///
  /// - Parameters:
  ///   - physical: The first byte, at a multiple of 64 KiB.
  ///   - byteCount: The number of bytes, in whole pages.
  ///   - isWritable: Whether the view may be written.
  /// - Returns: Where the view begins, or nil if there is no room for it.
  /// - Throws: ``Unmodelled`` if the memory is not of a kind that can be mapped.
  func mapPhysicalView(
    _ physical: PhysicalAddress,
    byteCount: Int,
    isWritable: Bool
  ) throws -> VirtualAddress?

  /// Removes a view.
  ///
  /// - Parameter address: Where the view begins.
  /// - Returns: Whether a view began there.
  func unmapPhysicalView(at address: VirtualAddress) -> Bool
}
