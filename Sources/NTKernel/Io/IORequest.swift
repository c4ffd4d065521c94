public import GuestABI
public import NTStructures

/// What a caller asks a device to do.
public struct IOOperation: Sendable {
  /// A range of the caller's memory.
  public struct Buffer: Sendable {
    public var address: VirtualAddress
    public var byteCount: Int

    /// Creates a range.
    public init(address: VirtualAddress, byteCount: Int) {
      self.address = address
      self.byteCount = byteCount
    }

    /// No memory.
    public static let none = Buffer(address: .null, byteCount: 0)
  }

  /// The kind of the request.
  public var majorFunction: MajorFunction
  /// The control code of a device control.
  public var controlCode: UInt32
  /// What the driver reads: the data of a write, the input of a device control.
  public var input: Buffer
  /// What the driver writes: the data of a read, the output of a device control.
  public var output: Buffer

  /// Creates an operation.
  public init(
    _ majorFunction: MajorFunction,
    controlCode: UInt32 = 0,
    input: Buffer = .none,
    output: Buffer = .none
  ) {
    self.majorFunction = majorFunction
    self.controlCode = controlCode
    self.input = input
    self.output = output
  }
}

/// A request that the I/O manager made for a caller.
public final class IORequest {
  /// The request's packet.
  public let irp: GuestPointer<IRP>
  /// What was asked.
  public let operation: IOOperation
  /// The status with which the request was completed, or nil while it is pending.
  public internal(set) var status: NTStatus?
  /// `IoStatus.Information`, once the request is completed.
  public internal(set) var information: UInt64 = 0

  /// What is told when all drivers are done with the request, before its packet is freed.
  var follower: (any RequestFollower)?

  /// What the system passed as a parameter and frees at the end, for a request of its own.
  var parameter = VirtualAddress.null
  /// What exactly was asked for, if one kind of request asks for several things.
  var kind: UInt32 = 0

  /// The buffer in system memory, for buffered I/O.
  let systemBuffer: VirtualAddress
  /// The bytes to copy to the caller at the end, at most.
  let copiedByteCount: Int
  /// The event that a driver waits for, when it made the request by itself.
  let event: VirtualAddress
  /// Where a driver that made the request wants the status.
  let statusBlock: VirtualAddress
  /// What is different about a request that a system service made, or nil for others.
  var service: Service?
  /// The thread that waits until the request is completed.
  var waiter: KernelThread?
  /// The memory of the process that made the request, in which its buffers are.
  public let space: ProcessAddressSpace

  /// A request that a system service made.
  struct Service {
    /// The file object that is told of the end of the request.
    let file: GuestPointer<FileObject>
    /// Whether the request went to a driver of the system's own.
    let isHosted: Bool
  }

  init(
    irp: GuestPointer<IRP>,
    operation: IOOperation,
    systemBuffer: VirtualAddress,
    copiedByteCount: Int,
    event: VirtualAddress = .null,
    statusBlock: VirtualAddress = .null,
    in space: ProcessAddressSpace
  ) {
    self.irp = irp
    self.operation = operation
    self.systemBuffer = systemBuffer
    self.copiedByteCount = copiedByteCount
    self.event = event
    self.statusBlock = statusBlock
    self.space = space
  }
}

/// Something that is told when a request is completed.
protocol RequestFollower: AnyObject {
  /// Returns the call of the guest that the completion leads to, or nil if there is none.
  func call(for request: IORequest) throws -> GuestCall?
}
