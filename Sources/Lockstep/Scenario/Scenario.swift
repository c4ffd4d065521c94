public import NTKernel
public import NTStructures

/// What is done to a driver.
public struct Scenario: Sendable {
  /// A range of the caller's memory.
  public struct Buffer: Hashable, Sendable {
    /// What the buffer holds before the request.
    public enum Content: Hashable, Sendable {
      case zeros
      /// Byte i is (start + i) modulo 251, which repeats on no page boundary.
      case counting(from: UInt8)
      /// These bytes, then zeros.
      case bytes([UInt8])
    }

    /// The number of bytes: 0 to ``Scenario/maximumBufferSize``.
    public var size: Int
    /// The bytes from the start of a page to the buffer: 0 to 4095.
    public var byteOffset: Int
    public var content: Content

    /// Creates a buffer.
    public init(size: Int, byteOffset: Int = 0, content: Content = .zeros) {
      self.size = size
      self.byteOffset = byteOffset
      self.content = content
    }
  }

  /// One thing to do.
  public enum Action: Hashable, Sendable {
    /// Open a device by its name or a link's; nil for every device that the driver made.
    case open(String?)
    case read(Buffer)
    case write(Buffer)
    case control(code: UInt32, input: Buffer?, output: Buffer?)
    /// Ask for the requests that are pending to be completed early.
    case cancel
    case cleanup
    case close
    /// The process closes what it has open, and ends.
    case exit
    /// A bus reports a device, and the driver's `AddDevice` is called for it; nil for a device that
    /// suits what the driver imports.
    case addDevice(ReportedDevice?)
    /// The Plug and Play manager tells the drivers of the devices something.
    case tell(DeviceStep)
    /// The power manager asks the drivers for a power state, or tells them of it.
    case power(PowerState, isQuery: Bool)
    case unload
  }

  /// What the Plug and Play manager tells drivers, with the requests that belong to it.
  public enum DeviceStep: String, Hashable, Sendable, CaseIterable {
    case start
    case queryStop = "query-stop"
    case cancelStop = "cancel-stop"
    case stop
    case queryRemove = "query-remove"
    case cancelRemove = "cancel-remove"
    case surpriseRemoval = "surprise-removal"
    case remove
  }

  /// What must hold after a step, or the driver is wrong.
  public struct Expectation: Hashable, Sendable {
    public var status: NTStatus?
    public var information: UInt64?
    /// The first bytes of the output.
    public var output: [UInt8]?
    /// Text that `DbgPrint` must have printed in the step.
    public var prints: String?

    /// Creates an expectation of nothing.
    public init() {}
  }

  /// An action with what is expected of it.
  public struct Step: Hashable, Sendable {
    public var action: Action
    /// The number of the process that does it: 1 to ``Scenario/maximumProcess``.
    public var process: Int
    public var expectation: Expectation?
    /// The line of the scenario's file, from 1, or nil if it has none.
    public var line: Int?
    /// Whether the step is left out where there is nothing to do it to.
    public var isTentative = false

    /// Creates a step.
    public init(
      _ action: Action,
      process: Int = 1,
      expectation: Expectation? = nil,
      line: Int? = nil
    ) {
      self.action = action
      self.process = process
      self.expectation = expectation
      self.line = line
    }
  }

  /// The steps, after `DriverEntry` has succeeded.
  public var steps: [Step]

  /// The largest buffer that a step may ask for: 16 MiB.
  public static let maximumBufferSize = 16 << 20

  /// The highest number of a process.
  public static let maximumProcess = 8

  /// The most steps.
  public static let maximumStepCount = 10_000

  /// A step that is left out where there is nothing to do it to.
  static func tentative(_ action: Action) -> Step {
    var step = Step(action)
    step.isTentative = true
    return step
  }

  /// Creates a scenario.
  public init(steps: [Step]) { self.steps = steps }
}
