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
    .first(
      \.formatsUnderstandLongLong,
      evidence: .unconfirmed("documents of the C library of that age name I64 only")
    ),
    .since(
      .vista,
      \.formatsUnderstandLongLong,
      true,
      evidence: .document("Visual Studio 2005 run-time library, printf size specification: ll"),
      confidence: .medium
    ),
  ]
}
