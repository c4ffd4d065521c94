extension Behaviour {
  /// What differs in the run-time library.
  static let runtimeHistory: [Change] = [
    .first(
      \.stackTraceLimit,
      evidence: .document("Microsoft Docs, CaptureStackBackTrace: \"Windows Server 2003 and XP\""),
      confidence: .medium
    ),
    .since(
      .vista,
      \.stackTraceLimit,
      0,
      evidence: .document("Microsoft Docs, CaptureStackBackTrace: \"Windows Server 2003 and XP\"")
    ),
  ]
}
