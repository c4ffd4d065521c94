public import GuestABI

/// What the machine's processor is, as its `cpuid` says.
///
/// It is a 64-bit processor of Intel's, which also runs 32-bit systems: family 6, model 0x3C,
/// stepping 4. A test compares this with the instruction's results.
public struct ProcessorIdentity: Sendable {
  /// The result of `cpuid` 0, in the order EBX, EDX, ECX.
  public let vendor = "GenuineIntel"
  /// The results of `cpuid` 0x8000_0002 to 4.
  public let brand = "Intel Core Processor (Haswell)"
  public let family: UInt16 = 6
  public let model: UInt16 = 0x3C
  public let stepping: UInt16 = 4
  private let architecture: Architecture

  /// The millions of cycles in a second, of which each executes an instruction.
  static var megahertz: UInt32 { 100 }

  /// Creates the identity of a machine's processor.
  public init(_ architecture: Architecture) { self.architecture = architecture }

  /// What NT calls the processor's level.
  public var level: UInt16 { family }

  /// What NT calls the processor's revision: the model, then the stepping.
  public var revision: UInt16 { model << 8 | stepping }

  /// The kernel's own flags for features, `KeFeatureBits`.
  ///
  /// In the order of the bits from 1 on: RDTSC, CR4, CMOV, global pages, large pages, MTRRs, CMPXCHG8B,
  /// MMX, working PTEs, PAT, FXSR, SYSENTER, SSE; and from 16: SSE2. Releases that know fewer features
  /// have fewer bits; which, no source was found for.
  public var kernelFeatures: UInt32 { 0x1_3FFE }

  /// The `PF_…` features that `ExIsProcessorFeaturePresent` finds, of those below
  /// ``featureCount``: comparing 64 bits, MMX, SSE, RDTSC, PAE if the kernel uses it, and SSE2.
  static func features(hasPAE: Bool) -> [Int] { [2, 3, 6, 8] + (hasPAE ? [9] : []) + [10] }

  /// The `PF_…` features that are modelled.
  static var featureCount: Int { 12 }

  /// The text that the registry has for the processor: `Identifier`.
  public var identifier: String {
    let kind = architecture == .x86 ? "x86" : "Intel64"
    return "\(kind) Family \(family) Model \(model) Stepping \(stepping)"
  }
}
