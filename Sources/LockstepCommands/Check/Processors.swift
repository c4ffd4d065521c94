#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The processors of the machine.
enum Processors {
  /// How many there are to use; at least one.
  static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
