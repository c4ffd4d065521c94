/// A function or variable that a driver exports.
public struct Export: Hashable, Sendable {
  /// What an export stands for.
  public enum Target: Hashable, Sendable {
    /// A place in this image.
    case address(RVA)

    /// An export of another module.
    case forwarder(Forwarder)
  }

  /// The number that stands for the export.
  public let ordinal: UInt32

  /// The names of the export; often one, but there may be none or several.
  public let names: [String]

  /// What the export stands for.
  public let target: Target
}

/// An export of another module, as the target of an export.
public struct Forwarder: Hashable, Sendable {
  /// How a forwarder says which export it stands for.
  public enum Symbol: Hashable, Sendable {
    /// By name.
    case name(String)

    /// By ordinal.
    case ordinal(UInt16)
  }

  /// The other module's name without its extension.
  public let module: String

  /// Which export of that module is meant.
  public let symbol: Symbol
}

/// What a driver exports.
public struct ExportTable: Sendable {
  /// The file name that the linker gave the image.
  public let moduleName: String

  /// The exports in ascending order of their ordinals.
  public let exports: [Export]

  private let indexOfName: [String: Int]
  private let indexOfOrdinal: [UInt32: Int]

  init(moduleName: String, exports: [Export]) {
    self.moduleName = moduleName
    self.exports = exports
    let names = exports.enumerated().flatMap { index, export in export.names.map { ($0, index) } }
    indexOfName = Dictionary(names) { first, _ in first }
    let ordinals = exports.enumerated().map { index, export in (export.ordinal, index) }
    indexOfOrdinal = Dictionary(ordinals) { first, _ in first }
  }

  /// Returns the export of the given name.
  public func lookup(_ name: String) -> Export? { indexOfName[name].map { exports[$0] } }

  /// Returns the export of the given ordinal.
  public func lookup(ordinal: UInt32) -> Export? { indexOfOrdinal[ordinal].map { exports[$0] } }
}

extension Forwarder: CustomStringConvertible {
  /// The forwarder as it is written in images: `MODULE.Name` or `MODULE.#12`.
  public var description: String {
    switch symbol {
    case .name(let name): "\(module).\(name)"
    case .ordinal(let ordinal): "\(module).#\(ordinal)"
    }
  }
}
