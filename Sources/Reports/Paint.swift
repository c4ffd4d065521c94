internal import Findings

/// Colours for a terminal, or none.
struct Paint {
  let isOn: Bool

  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "1;31"
    case green = "32"
    case yellow = "33"
    case magenta = "35"
    case cyan = "36"
  }

  func callAsFunction(_ style: Style, _ text: String) -> String {
    isOn ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}

extension Verdict {
  /// The verdict as the report writes it.
  var word: String {
    switch self {
    case .right: "right"
    case .wrong: "WRONG"
    case .disputed: "disputed"
    case .inconclusive: "inconclusive"
    case .cannotLoad: "cannot load"
    }
  }

  var style: Paint.Style {
    switch self {
    case .right: .green
    case .wrong: .red
    case .disputed: .magenta
    case .inconclusive: .yellow
    case .cannotLoad: .cyan
    }
  }

  /// What the verdict says, for the legend.
  var meaning: String {
    switch self {
    case .right: "it did nothing wrong there"
    case .wrong: "it broke a rule there, as explained below"
    case .disputed: "right or wrong by how contradictory documents are read (KD-002)"
    case .inconclusive: "it needed something that is not modelled, or did not finish"
    case .cannotLoad: "the release cannot load it"
    }
  }
}
