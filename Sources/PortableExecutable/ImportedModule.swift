/// A module that a driver imports from, such as `ntoskrnl.exe`.
public struct ImportedModule: Hashable, Sendable {
  /// The module's file name as the image spells it.
  public let name: String

  /// What the driver imports from the module.
  public let imports: [ImportedSymbol]

  /// Whether the names are in a table of their own (`OriginalFirstThunk`).
  ///
  /// Where they are not, they are in the slots themselves. NT's kernel loader stops at the first
  /// module without that table (ReactOS, `MiResolveImageReferences`), so its slots are never bound.
  public let hasLookupTable: Bool
}

/// A function or variable that a driver imports.
public struct ImportedSymbol: Hashable, Sendable {
  /// How an import says which export it wants.
  public enum Reference: Hashable, Sendable {
    /// By name; the hint is an index into the exporter's names at which to look first.
    case name(String, hint: UInt16)

    /// By ordinal.
    case ordinal(UInt16)
  }

  /// Which export is wanted.
  public let reference: Reference

  /// The place in the import address table that the loader fills with the export's address.
  public let slot: RVA
}

extension ImportedSymbol {
  /// The name of the wanted export, or `nil` when it is wanted by ordinal.
  public var name: String? {
    switch reference {
    case .name(let name, hint: _): name
    case .ordinal: nil
    }
  }
}

extension ImportedSymbol.Reference: CustomStringConvertible {
  /// The name, or the ordinal after a number sign as in forwarders.
  public var description: String {
    switch self {
    case .name(let name, hint: _): name
    case .ordinal(let ordinal): "#\(ordinal)"
    }
  }
}
