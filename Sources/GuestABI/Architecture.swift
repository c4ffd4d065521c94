/// An instruction-set architecture that a driver image was built for.
///
/// The architecture decides the width of a pointer, and with it every structure
/// offset and every calling convention.
public enum Architecture: Int, Sendable, CaseIterable {
  /// 32-bit x86: `IMAGE_FILE_MACHINE_I386`.
  case x86 = 0
  /// 64-bit x86: `IMAGE_FILE_MACHINE_AMD64`.
  case x64 = 1

  /// The number of bytes in a pointer.
  @inlinable
  public var pointerSize: Int { self == .x86 ? 4 : 8 }

  /// The name that files and reports use: `x86` or `x64`.
  public var name: String { self == .x86 ? "x86" : "x64" }
}
