/// The highest IRQL at which each routine may be called, where the documents agree.
///
/// A limit is the laxest that any document gives: the page of today's reference, the NT 4.0 DDK, and
/// what both say of special cases. A page that leaves the rule to its remarks gives none, unless what the
/// remarks add is stricter. Source: ``DDIFacts`` and ``RoutineFacts``.
public enum IRQLLimits {
  /// The limits that lie below `HIGH_LEVEL`, by the routine's name.
  public static let all: [String: IRQLLevel] = {
    var limits: [String: IRQLLevel] = [:]
    var isOpen: Set<String> = []
    for page in DDIFacts.all where !page.isMacro {
      guard let limit = limit(of: page) else {
        isOpen.insert(page.name)
        continue
      }
      limits[page.name] = max(limit, limits[page.name] ?? .passive)
    }
    for name in isOpen { limits[name] = nil }
    for routine in RoutineFacts.all where routine.kind == "export" {
      // NT 4.0's documents are stricter (KD-028, KD-048), and "pageable" buffers cannot be told apart.
      limits[routine.name] = laxest(in: routine.irqlInNT4 + " " + routine.irqlToday)
    }
    return limits.filter { $0.value < .device }
  }()

  private static func limit(of page: DDIFacts) -> IRQLLevel? {
    let highest: IRQLLevel? =
      switch page.irqlRule {
      case .exactly(let level), .atMost(let level): level
      case .below(.dispatch): .apc
      case .any, .atLeast: .high
      case .below, nil: nil
      }
    guard page.irqlHasRemarks else { return highest }
    // Remarks about string and bitmap routines allow more for memory that is resident.
    guard case .atMost(.dispatch) = page.irqlRule, !page.name.hasPrefix("Rtl") else { return nil }
    return highest
  }

  /// The highest level that a text such as "KernelMode <=DISPATCH; UserMode <=APC" names.
  private static func laxest(in text: String) -> IRQLLevel? {
    if text.contains("any") || text.contains("HIGH") || text.contains("dump") { return nil }
    let belowDispatch = text.replacing("<=DISPATCH", with: "")
    let namesDispatch = text.contains("<=DISPATCH") || text.contains("DISPATCH allowed")
    if namesDispatch || text.contains("DISPATCH ok") { return .dispatch }
    if belowDispatch.contains("APC") || belowDispatch.contains("<DISPATCH") { return .apc }
    return text.contains("PASSIVE") ? .passive : nil
  }
}
