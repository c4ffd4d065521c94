/// What differs from release to release in the registry's routines.
public struct RegistryBehaviour: Sendable {
  /// Whether `ZwQueryKey` knows `KeyNameInformation`, which the Windows 2000 DDK added.
  public var hasKeyNameInformation: Bool

  /// Whether `RtlQueryRegistryValues` obeys `RTL_QUERY_REGISTRY_TYPECHECK` and does not ignore it.
  ///
  /// It does since Windows 8, or with the update of the bulletin MS11-011 (KB 2393802).
  public var checksValueTypes: Bool

  /// Creates a behaviour; the values that are not given are those of Windows 8 and later.
  public init(hasKeyNameInformation: Bool = true, checksValueTypes: Bool = true) {
    self.hasKeyNameInformation = hasKeyNameInformation
    self.checksValueTypes = checksValueTypes
  }
}
