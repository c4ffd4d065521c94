/// Where a structure's fields lie, by today's headers.
///
/// These are current layouts. They hold for a release only where ``StructureVariant`` shows the
/// same order of members in its kernel, or a field is documented never to have moved.
///
/// Source: `offsetof` over the headers of mingw-w64 10 and WDK 10.0.22621; the WDK's figure where
/// they disagree.
public struct StructureFacts: Hashable, Sendable {
  /// One figure for each width of a pointer.
  public struct Widths: Hashable, Sendable {
    public let bits32: Int?
    public let bits64: Int?
    public let arm64: Int?

    /// The figure for a pointer of 4 bytes, or of 8 (as on x64).
    public subscript(pointerSize size: Int) -> Int? { size == 4 ? bits32 : bits64 }
  }

  public let structure: String

  /// The field, with dots into nested structures ("IoStatus.Status"), or "(sizeof)".
  public let field: String
  public let offset: Widths

  /// The field's bytes; `nil` for bit fields.
  public let size: Widths

  /// Whether mingw-w64 and the WDK disagree, and the WDK's figures are given.
  public let headersDisagree: Bool
  public let note: String

  /// Where it was learned.
  public let source: String
}

extension StructureFacts {
  /// Every field, sorted by structure and name.
  public static let all = FactTable.layouts.rows.map(StructureFacts.init)

  /// The fields of a structure, sorted by offset.
  public static func fields(of structure: String) -> [StructureFacts] {
    FactTable.layouts.rows(structure).map(StructureFacts.init)
      .filter { $0.field != "(sizeof)" }
      .sorted { ($0.offset.bits64 ?? 0, $0.field) < ($1.offset.bits64 ?? 0, $1.field) }
  }

  /// One field of a structure.
  public static func field(_ field: String, of structure: String) -> StructureFacts? {
    FactTable.layouts.rows(structure, field).first.map(StructureFacts.init)
  }

  /// Where a field lies, or `nil` if the headers have no such field at that width.
  ///
  /// Dots lead into nested structures, also named ones: "IoStatus.Status" of an `IRP`.
  public static func offset(of structure: String, _ field: String, pointerSize: Int) -> Int? {
    if let found = self.field(field, of: structure) {
      return found.offset[pointerSize: pointerSize]
    }
    guard let (member, inner) = split(field, of: structure),
      let base = member.offset[pointerSize: pointerSize],
      let rest = offset(of: inner.structure, inner.field, pointerSize: pointerSize)
    else { return nil }
    return base + rest
  }

  /// The bytes of a field, found as ``offset(of:_:pointerSize:)`` finds it.
  public static func size(of structure: String, _ field: String, pointerSize: Int) -> Int? {
    if let found = self.field(field, of: structure) { return found.size[pointerSize: pointerSize] }
    guard let (_, inner) = split(field, of: structure) else { return nil }
    return size(of: inner.structure, inner.field, pointerSize: pointerSize)
  }

  /// The bytes of a structure.
  public static func size(of structure: String, pointerSize: Int) -> Int? {
    size(of: structure, "(sizeof)", pointerSize: pointerSize)
  }

  init(_ row: FactRow) {
    structure = row[0]
    field = row[1]
    offset = Widths(bits32: row.integer(2), bits64: row.integer(4), arm64: row.integer(6))
    size = Widths(bits32: row.integer(3), bits64: row.integer(5), arm64: row.integer(7))
    headersDisagree = row[8] == "yes"
    source = row.sharedText(9)
    note = row.sharedText(10)
  }
}

/// The order of a structure's members in a range of kernel builds.
///
/// Source: text dumps of public symbols. They flatten anonymous unions: take order from them, not
/// offsets.
public struct StructureVariant: Hashable, Sendable {
  public let structure: String
  public let platform: Platform

  /// The first and last kernel of the range that was seen, such as "5.0.2195.7376".
  public let firstBuild, lastBuild: String

  /// How many kernels were seen.
  public let buildCount: Int

  /// The members as C declarations.
  public let members: [String]
  public let note: String

  /// Where it was learned.
  public let source: String

  /// What is known of a structure's members, sorted by processor and build.
  public static func variants(of structure: String) -> [StructureVariant] {
    FactTable.layoutVariants.rows(structure).compactMap(StructureVariant.init)
  }

  init?(_ row: FactRow) {
    guard let platform = Platform(rawValue: row[1]) else { return nil }
    self.platform = platform
    structure = row[0]
    firstBuild = row[2]
    lastBuild = row[3]
    buildCount = row.integer(4) ?? 0
    members = row[5].split(separator: ";").map { String($0.drop { $0 == " " }) }
      .filter { !$0.isEmpty }
    source = row.sharedText(6)
    note = row.sharedText(7)
  }
}
