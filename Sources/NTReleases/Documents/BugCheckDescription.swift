/// What a bug check (stop code) says.
///
/// Source: Microsoft Docs (CC BY 4.0), restated, and Geoff Chappell's index of bug checks; see
/// ``BugCheckDescription/source``.
public struct BugCheckDescription: Hashable, Sendable {
  /// The stop code, such as 0x50.
  public let code: UInt32

  /// Its name, such as "PAGE_FAULT_IN_NONPAGED_AREA".
  public let name: String

  /// The values of the first parameter that this description is for, as documented ("0x84",
  /// "0x201,0x202" or "0x86-0x88"), or `nil` if it is for the whole code.
  public let subcode: String?

  /// What the four parameters mean.
  public let parameters: [String]

  /// What makes the kernel stop.
  public let trigger: String

  /// The releases that raise it, in words.
  public let releases: String

  /// Which versions' headers declare the code.
  public let declaredIn: String

  /// Which versions' kernels raise it.
  ///
  /// It may lag years behind the declaration.
  public let kernelUse: String

  /// Where it was learned.
  public let source: String

  /// How sure it is.
  public let confidence: Confidence

  /// What is worth knowing besides.
  public let note: String
}

extension BugCheckDescription {
  /// Every description, sorted by code.
  public static let all = FactTable.bugChecks.rows.map(BugCheckDescription.init)

  /// The descriptions of a code: one, or one for each known first parameter.
  public static func descriptions(of code: UInt32) -> [BugCheckDescription] {
    let digits = String(code, radix: 16, uppercase: true)
    let key = String(repeating: "0", count: 8 - digits.count) + digits
    return FactTable.bugChecks.rows(key).map(BugCheckDescription.init)
  }

  /// The description of a code with a first parameter: the parameter's own, else the code's.
  public static func description(of code: UInt32, firstParameter: UInt64) -> BugCheckDescription? {
    let found = descriptions(of: code)
    return found.first { $0.covers(firstParameter) } ?? found.first { $0.subcode == nil }
  }

  /// Whether the description is for a value of the first parameter.
  func covers(_ parameter: UInt64) -> Bool {
    (subcode ?? "").split(separator: ",").contains { values in
      let bounds = values.split(separator: "-").compactMap { UInt64(factsText: $0) }
      guard let first = bounds.first, let last = bounds.last else { return false }
      return first <= parameter && parameter <= last
    }
  }

  init(_ row: FactRow) {
    code = UInt32(row[0], radix: 16) ?? 0
    subcode = row.text(1)
    name = row[2]
    parameters = (3...6).map { row[$0] }
    trigger = row[7]
    releases = row.sharedText(8)
    declaredIn = row.sharedText(9)
    kernelUse = row.sharedText(10)
    source = row.sharedText(11)
    confidence = row.confidence(12)
    note = row[13]
  }
}
