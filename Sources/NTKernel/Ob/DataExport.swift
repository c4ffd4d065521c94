public import GuestABI

/// A variable of the kernel that drivers import.
public struct DataExport {
  /// The name in the export table.
  public let name: String

  /// Returns the variable's size.
  public let byteCount: (Architecture) -> Int

  /// Stores the variable's first value at its address.
  public let initialise: (VirtualAddress, AddressSpace) throws -> Void

  /// Creates a declaration of a variable.
  public init(
    _ name: String,
    byteCount: @escaping (Architecture) -> Int,
    initialise: @escaping (VirtualAddress, AddressSpace) throws -> Void
  ) {
    self.name = name
    self.byteCount = byteCount
    self.initialise = initialise
  }

  /// Creates a declaration of a variable that is a pointer.
  public init(pointer name: String, to target: @escaping () throws -> VirtualAddress) {
    self.init(name, byteCount: { $0.pointerSize }) { address, memory in
      try memory.store(target(), at: address)
    }
  }
}
