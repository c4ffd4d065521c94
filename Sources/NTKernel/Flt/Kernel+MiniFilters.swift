extension Kernel {
  /// Makes an instance of a mini-filter in the registry, as the INF file that installs it does.
  ///
  /// - Parameter service: The name of its service.
  /// - Returns: What was made, or nil if the service's key says already which instances there are.
  @discardableResult
  public func makeFilterInstance(of service: String) -> String? {
    let path = #"MACHINE\SYSTEM\ControlSet001\Services\"# + service
    let key = registry.makeKey(path)
    guard key.subkey("Instances") == nil else { return nil }
    let name = "\(service) Instance"
    let instances = registry.makeKey(path + #"\Instances"#)
    instances.setValue(RegistryValue("DefaultInstance", name))
    let instance = registry.makeKey(path + #"\Instances\"# + name)
    // An altitude among those for activity monitors.
    instance.setValue(RegistryValue("Altitude", Self.assumedAltitude))
    instance.setValue(RegistryValue("Flags", 0))
    return "\(name) at altitude \(Self.assumedAltitude)"
  }

  private static var assumedAltitude: String { "370030" }
}
