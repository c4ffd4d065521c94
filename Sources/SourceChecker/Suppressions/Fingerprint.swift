public import Findings

/// What a finding is known by when the lines above it change.
public struct Fingerprint: Hashable, Sendable {
  public let rule: RuleID
  /// The file, from the folder in which the program runs.
  public let path: String
  /// The line on which the finding begins, with one space for each stretch of white space; of a very long
  /// one, the beginning.
  public let line: String
  /// How many findings with the same rule, file and line come before it.
  public let ordinal: Int

  /// Creates a fingerprint.
  public init(rule: RuleID, path: String, line: String, ordinal: Int) {
    self.rule = rule
    self.path = path
    self.line = line
    self.ordinal = ordinal
  }

  /// The fingerprints of a file's findings, in their order.
  public static func fingerprints(of findings: [SourceFinding], in text: SourceText, path: String)
    -> [Self]
  {
    struct Key: Hashable {
      let rule: RuleID
      let line: String
    }
    var counts: [Key: Int] = [:]
    return findings.map { finding in
      let bytes = text.bytes[text.range(ofLine: text.line(at: finding.range.lowerBound))]
      let words = bytes.prefix(1000).split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      // What is not UTF-8 is compared as it is shown.
      let line = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
      let key = Key(rule: finding.rule, line: line)
      let ordinal = counts[key, default: 0]
      counts[key] = ordinal + 1
      return Fingerprint(rule: finding.rule, path: path, line: line, ordinal: ordinal)
    }
  }

  /// A short form: 16 hexadecimal digits.
  ///
  /// This is the hash FNV-1a of 64 bits, as published by G. Fowler, L. C. Noll and K.-P. Vo.
  public var hash: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "\(rule.rawValue)\n\(path)\n\(line)\n\(ordinal)".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
