/// The address of a guest routine whose parameters and result are known.
///
/// A driver's dispatch routine, for example, is a
/// `GuestFunction<NTStatus, GuestPointer<DeviceObject>, GuestPointer<IRP>>`.
public struct GuestFunction<Result, each Argument>: Sendable {
  /// Where the routine starts.
  public let address: VirtualAddress

  /// Creates a reference to the routine at an address.
  public init(_ address: VirtualAddress) { self.address = address }

  /// Whether there is no routine.
  public var isNull: Bool { address == .null }
}

extension GuestFunction: GuestScalar {
  public static func size(on architecture: Architecture) -> Int { architecture.pointerSize }
  public init(guestBits: UInt64) { self.init(VirtualAddress(rawValue: guestBits)) }
  public var guestBits: UInt64 { address.rawValue }
}

extension GuestFunction: GuestArgument {}

extension GuestFunction where repeat each Argument: GuestScalar {
  /// Returns a call of this routine.
  public func call(
    _ argument: repeat each Argument,
    convention: CallingConvention = .nt
  ) -> GuestCall {
    var arguments: [(bits: UInt64, stackSize: Int)] = []
    for argument in repeat each argument {
      let size = (type(of: argument).size(on: .x86) + 3) & ~3
      arguments.append((argument.guestBits, size))
    }
    return GuestCall(function: address, arguments: arguments, convention: convention)
  }
}

extension GuestFunction where Result: GuestScalar, repeat each Argument: GuestScalar {
  /// Returns a completion that calls this routine and then goes on with its typed result.
  public func call(
    _ argument: repeat each Argument,
    then body: @escaping (Result) throws -> Completion
  ) -> Completion {
    .call(call(repeat each argument), then: { try body(Result(guestBits: $0)) })
  }
}
