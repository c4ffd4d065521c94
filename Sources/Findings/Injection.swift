/// What a driver made of a failure that was injected.
public enum InjectionResult: String, Hashable, Sendable, CaseIterable, Comparable {
  // The worst first.
  /// The system stopped.
  case crash
  /// A rule was broken that the driver keeps when nothing fails, or a request is never completed.
  case wrong
  /// Something is left that is freed when nothing fails.
  case leak
  /// Something that is not modelled was needed, or the instructions were used up.
  case inconclusive
  /// The driver went on, or gave up, in good order.
  case graceful

  public static func < (first: Self, second: Self) -> Bool {
    (allCases.firstIndex(of: first) ?? 0) < (allCases.firstIndex(of: second) ?? 0)
  }
}

/// One run in which a call of the driver failed, or all calls from one on.
public struct InjectedRun: Hashable, Sendable {
  /// A place in a driver.
  public struct Place: Hashable, Sendable {
    /// The image's file.
    public let module: String
    /// The bytes from the image's start.
    public let offset: Int

    /// Creates a place.
    public init(module: String, offset: Int) {
      self.module = module
      self.offset = offset
    }
  }

  /// The routine whose call failed, the first of them if more did.
  public let routine: String
  /// The call.
  public let caller: Place?
  /// The step of the scenario in which it failed; 0 is `DriverEntry`.
  public let step: Int
  /// The number of the call within the step, from 1, among those that can fail.
  public let number: Int
  /// Whether all later calls failed too.
  public let failsFromThere: Bool
  /// How it failed, such as "returns NULL".
  public let failure: String
  public let result: InjectionResult
  /// What happened, in a sentence; empty if the driver did well.
  public let detail: String
  /// Where: the crash, the allocation that leaks.
  public let place: Place?

  /// Creates a record.
  public init(
    routine: String,
    caller: Place?,
    step: Int,
    number: Int,
    failsFromThere: Bool,
    failure: String,
    result: InjectionResult,
    detail: String,
    place: Place?
  ) {
    self.routine = routine
    self.caller = caller
    self.step = step
    self.number = number
    self.failsFromThere = failsFromThere
    self.failure = failure
    self.result = result
    self.detail = detail
    self.place = place
  }
}

/// All the runs of one driver on one release in which calls failed.
public struct InjectionSummary: Hashable, Sendable {
  /// The runs, in the order in which the calls are made.
  public let runs: [InjectedRun]
  /// The failures that were not tried, because there are too many or they take too long.
  public let leftOut: Int
  /// Why nothing was tried, or nil: the driver fails when nothing is made to fail.
  public let refusal: String?

  /// Creates a summary.
  public init(runs: [InjectedRun], leftOut: Int, refusal: String? = nil) {
    self.runs = runs
    self.leftOut = leftOut
    self.refusal = refusal
  }
}
