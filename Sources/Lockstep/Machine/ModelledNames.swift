public import GuestABI
internal import NTKernel
internal import NTReleases

/// The routines and variables that the model has: those that a machine's kernel declares.
public struct ModelledNames: Sendable {
  private let names: Set<String>

  /// Collects the names for an architecture.
  ///
  /// All releases declare the same; which of them a release exports is another matter.
  ///
  /// - Parameter architecture: The architecture.
  /// - Throws: `OutOfHostMemory` if the host cannot provide the memory of a small machine.
  public init(_ architecture: Architecture) throws {
    // A release that both architectures have.
    let kernel = try Kernel(
      Kernel.Configuration(
        release: .win7,
        architecture: architecture,
        reading: .literal,
        seed: 1,
        memorySize: 16 << 20
      ),
      sink: Trace(),
      addressOfExport: { throw Unmodelled("\($0) without a machine") }
    )
    names = Set(kernel.exports.map(\.name) + kernel.dataExports.map(\.name))
  }

  /// Whether a name is modelled.
  public func contains(_ name: String) -> Bool { names.contains(name) }
}
