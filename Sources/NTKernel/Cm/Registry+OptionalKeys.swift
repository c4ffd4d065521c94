extension Registry {
  /// A key that a machine has only if something was installed, or switched on for debugging.
  struct OptionalKey: Sendable {
    /// The path of the key that it would be in, within `\REGISTRY`.
    let parent: String
    let name: String
    /// Why it may be absent.
    let reason: String
  }

  /// The keys whose absence is documented to be usual.
  ///
  /// A `.reg` file can supply them.
  static let optionalKeys: [OptionalKey] = [
    OptionalKey(
      parent: #"MACHINE\SYSTEM\ControlSet001\Control"#,
      name: "Wdf",
      reason: "a co-installer takes the name Wdf01000 for the framework's service where it is not "
        + "there (its log at community.osr.com, 40691); what is in it for debugging is off"
    )
  ]

  /// Takes note that a run asked for a key that is not there, if some machines have it.
  func noteAbsence(of name: some StringProtocol, in key: RegistryKey) {
    let path = ObjectName(key.path)
    guard
      let found = Self.optionalKeys.first(where: {
        ObjectName("\\REGISTRY\\" + $0.parent) == path && ObjectName($0.name) == ObjectName(name)
      })
    else { return }
    let text = "the registry has no \(key.path)\\\(found.name): \(found.reason)"
    if !assumptions.contains(text) { assumptions.append(text) }
  }
}
