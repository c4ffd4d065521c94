/// One act in the life of the object that a finding is about.
public struct LifeEvent: Hashable, Sendable {
  /// What was done, such as "locked".
  public let what: String
  /// The image whose call did it, or nil if the system acted by itself.
  public let module: String?
  /// The bytes from the start of that image to the call.
  public let offset: Int?
  /// How often it was done there.
  public let count: Int

  /// Creates an act.
  public init(_ what: String, module: String?, offset: Int?, count: Int = 1) {
    self.what = what
    self.module = module
    self.offset = offset
    self.count = count
  }
}

/// What an MDL said of itself when a rule about it was broken.
public struct MDLDescription: Hashable, Sendable {
  public let address: UInt64
  /// The names of the flags that are set, without `MDL_`.
  public let flags: [String]
  /// The process whose pages they are, or 0.
  public let process: UInt64
  public let mappedSystemVA: UInt64
  /// The start of the buffer's first page.
  public let startVA: UInt64
  public let byteOffset: Int
  public let byteCount: Int
  /// The number of pages.
  public let pageCount: Int
  /// The first of the page frame numbers.
  public let frames: [UInt64]

  /// Creates a description.
  public init(
    address: UInt64,
    flags: [String],
    process: UInt64,
    mappedSystemVA: UInt64,
    startVA: UInt64,
    byteOffset: Int,
    byteCount: Int,
    pageCount: Int,
    frames: [UInt64]
  ) {
    self.address = address
    self.flags = flags
    self.process = process
    self.mappedSystemVA = mappedSystemVA
    self.startVA = startVA
    self.byteOffset = byteOffset
    self.byteCount = byteCount
    self.pageCount = pageCount
    self.frames = frames
  }
}
