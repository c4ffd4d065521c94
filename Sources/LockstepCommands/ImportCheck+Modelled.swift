internal import GuestABI
internal import Lockstep
internal import NTReleases
internal import PortableExecutable

extension ImportCheck {
  /// How many of a driver's imports are modelled on some releases.
  struct Coverage: Hashable {
    /// All imports.
    let count: Int
    /// Those that are not modelled.
    let missing: [String]

    /// The coverage in one sentence.
    var text: String {
      switch (count, missing.count) {
      case (0, _): "it imports nothing"
      case (_, 0): count == 1 ? "its import is modelled" : "all \(count) imports are modelled"
      default:
        "\(count - missing.count) of \(count) imports \(count == 1 ? "is" : "are") modelled; not "
          + missing.joined(separator: ", ")
      }
    }
  }

  /// Counts the imports that are modelled on a release.
  static func coverage(
    of driver: InputDriver,
    _ release: Release,
    _ companions: [InputDriver],
    _ modelled: ModelledNames
  ) -> Coverage {
    let imports = driver.image.imports.flatMap { module in
      module.imports.map { (module.name, $0.reference) }
    }
    let missing = imports.filter { module, reference in
      // What another driver exports runs as it is.
      if companions.contains(where: { $0.isNamed(module) }) { return false }
      guard case .name(let name, hint: _) = reference,
        let found = ExportHistory.resolve(
          name,
          importedFrom: module,
          by: release,
          on: driver.platform
        )
      else { return true }
      return found.availability == .unknown(.unlisted) || !modelled.contains(found.name)
    }
    return Coverage(count: imports.count, missing: missing.map { "\($0.1)" })
  }
}

extension InputDriver {
  /// The architecture that the driver is built for.
  var architecture: Architecture { platform == .x86 ? .x86 : .x64 }
}
