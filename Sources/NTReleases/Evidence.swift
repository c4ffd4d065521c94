/// Where a fact was learned, so that anyone can check it.
public enum Evidence: Hashable, Sendable {
  /// A published document.
  case document(String)

  /// A test that passes on the real kernel.
  case test(String)

  /// The names that real kernels export, by release.
  case history(String)

  /// Nobody has confirmed it yet; the text says what was assumed, and why.
  case unconfirmed(String)

  /// What to look up.
  public var citation: String {
    switch self {
    case .document(let text), .test(let text), .history(let text), .unconfirmed(let text): text
    }
  }

  /// Whether the fact rests on more than an assumption.
  public var isConfirmed: Bool {
    if case .unconfirmed = self { false } else { true }
  }
}

extension Evidence: CustomStringConvertible {
  public var description: String {
    switch self {
    case .document(let text): "document: \(text)"
    case .test(let text): "test on the real kernel: \(text)"
    case .history(let text): "export tables: \(text)"
    case .unconfirmed(let text): "unconfirmed: \(text)"
    }
  }
}

/// How sure a fact is.
public enum Confidence: String, Hashable, Sendable, CaseIterable {
  /// Several sources agree, or one that saw the real kernel.
  case high
  /// One source, or a figure derived from sources.
  case medium
  /// Likely, and no more.
  case low
  /// The sources contradict each other.
  case disputed
  /// No source says.
  case unknown

  init(factsText text: String) {
    let word = text.prefix { $0.isLetter }
    self = Self(rawValue: String(word)) ?? (word == "contradiction" ? .disputed : .unknown)
  }
}
