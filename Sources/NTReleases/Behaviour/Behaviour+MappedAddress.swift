/// For whom pages are mapped.
public enum MappingAccessMode: Hashable, Sendable, CaseIterable {
  case kernel, user
}

/// How to read documents that contradict each other (KD-002).
///
/// KB199311 says that before NT 4.0 SP4 `MmMapLockedPages` returned the page-aligned base of the
/// mapping, for every mode. But the macro `MmGetSystemAddressForMdl` is that routine with
/// `KernelMode`, and its page promised the MDL's offset already in June 1998, before SP4.
public enum Reading: String, Hashable, Sendable, CaseIterable {
  /// The article as it stands: the page base for both modes.
  case literal
  /// What agrees with the macro too: the page base for `UserMode` only.
  case consistent
}

extension Behaviour {
  /// Whether the address that `MmMapLockedPages` returns includes the MDL's byte offset.
  public func mappedAddressIncludesByteOffset(
    _ mode: MappingAccessMode,
    _ reading: Reading = .literal
  ) -> Bool {
    everyMappedAddressIncludesByteOffset || (mode == .kernel && reading == .consistent)
  }

  /// Whether that depends on the reading: a verdict that rests on it must say so.
  public func mappedAddressDependsOnReading(_ mode: MappingAccessMode) -> Bool {
    mappedAddressIncludesByteOffset(mode, .literal)
      != mappedAddressIncludesByteOffset(mode, .consistent)
  }
}
