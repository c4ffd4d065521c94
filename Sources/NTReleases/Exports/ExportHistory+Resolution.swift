extension ExportHistory {
  /// Where an import leads.
  public struct Resolution: Hashable, Sendable {
    /// Whether the module that the driver names exports the name.
    public let availability: Availability

    /// The module that the routine lives in: the kernel, where the HAL only passes it on.
    public let module: ExportModule

    /// The routine's name there.
    public let name: String

    /// Its record there, where there is one: the kernel and the HAL have them.
    public let record: ExportRecord?

    /// Where the availability was learned.
    public let source: String?

    /// Whether the HAL passes the name on.
    public let isForwarded: Bool
  }

  /// Finds what a driver's import leads to.
  ///
  /// A name counts only in the module that the driver imports it from, as in NT's loader: a driver
  /// that imports `KfAcquireSpinLock` from the kernel does not load before Windows 8, although the
  /// HAL has it since NT 3.5.
  ///
  /// - Parameters:
  ///   - name: The imported name.
  ///   - dll: The module as the driver's import table spells it, in any case.
  ///   - release: The release that loads the driver.
  ///   - platform: The processor.
  /// - Returns: `nil` if nothing is known of the module.
  public static func resolve(
    _ name: String,
    importedFrom dll: String,
    by release: Release,
    on platform: Platform
  ) -> Resolution? {
    guard let module = ExportModule(dll: dll) else { return nil }
    if let facts = ModuleFacts(fileName: module.rawValue) {
      return Resolution(
        availability: facts.availability(of: name, by: release, on: platform),
        module: module,
        name: facts.forwards[name] ?? name,
        record: nil,
        source: facts.source(of: name, by: release, on: platform),
        isForwarded: facts.forwards[name] != nil
      )
    }
    let record = record(of: name, in: module)
    let availability =
      record?.availability(in: release, on: platform) ?? unlisted(name, in: release, on: platform)
    guard availability.isExported,
      let forward = record?.forward(in: release, on: platform)
    else {
      return Resolution(
        availability: availability,
        module: module,
        name: name,
        record: record,
        source: record?.source,
        isForwarded: false
      )
    }
    return Resolution(
      availability: availability,
      module: .kernel,
      name: forward.target,
      record: Self.record(of: forward.target, in: .kernel),
      source: record?.source,
      isForwarded: true
    )
  }
}
