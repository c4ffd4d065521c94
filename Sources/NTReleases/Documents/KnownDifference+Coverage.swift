extension KnownDifference {
  /// What decides in the model how a release behaves.
  public enum Model: Hashable, Sendable {
    /// These properties of ``Behaviour``.
    case behaviour([String])
    /// The table of exports: which of these names the release has.
    case exports([String])
    /// These routines, which do the same in every release that has them.
    case routines([String])
    /// The table of releases: on which processors they run, and where user addresses end there.
    case platforms
    /// Nothing: the difference is not modelled.
    case nothing
  }

  /// How far a difference is modelled.
  public struct Coverage: Hashable, Sendable {
    /// The difference.
    public let id: String
    /// What shows it.
    public let model: Model
    /// What is left out or assumed; for a difference that is not modelled, why.
    public let note: String

    /// Whether runs show the difference.
    public var isModelled: Bool { model != .nothing }

    init(_ number: Int, _ model: Model, _ note: String = "") {
      let digits = String(number)
      id = "KD-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
      self.model = model
      self.note = note
    }

    static func notModelled(_ number: Int, _ reason: String) -> Self {
      Self(number, .nothing, reason)
    }
  }

  /// How far this difference is modelled.
  public var coverage: Coverage {
    // Every identifier of the table of differences is in the table of coverage: a test checks it.
    Self.coverages.first { $0.id == id } ?? Coverage(0, .nothing, "not in the table of coverage")
  }
}

extension KnownDifference.Coverage: CustomStringConvertible {
  public var description: String {
    let text =
      switch model {
      case .behaviour(let names): "modelled: " + names.joined(separator: ", ")
      case .exports(let names): "modelled: which releases export " + names.joined(separator: ", ")
      case .routines(let names): "modelled, in every release: " + names.joined(separator: ", ")
      case .platforms: "modelled: the processors and address limits of each release"
      case .nothing: "not modelled"
      }
    return note.isEmpty ? text : "\(text); \(note)"
  }
}
