/// What answers at the I/O ports of a machine.
///
/// A port on which no device answers reads as all ones, and ignores what is written.
public protocol PortSpace: AnyObject {
  /// Reads a port.
  ///
  /// - Parameters:
  ///   - port: The number of the port.
  ///   - byteCount: The bytes to read: 1, 2 or 4.
  /// - Returns: What the device answers, zero-extended.
  func read(port: UInt16, byteCount: Int) -> UInt32

  /// Writes a port.
  func write(port: UInt16, byteCount: Int, value: UInt32)
}
