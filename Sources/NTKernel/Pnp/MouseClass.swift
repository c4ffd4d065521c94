public import GuestABI
internal import NTStructures

/// The class driver for mice, which is above the drivers of every mouse, and the port below them.
extension PlugAndPlay {
  /// The request with which the class driver says where mice hand their input in:
  /// `IOCTL_INTERNAL_MOUSE_CONNECT`.
  public static let mouseConnect: UInt32 = 0x0F_0203

  /// The routine that takes the input of mice; it is not in the export table.
  private static let mouseService = "MouseClassServiceCallback"

  var mouseExports: [Export] {
    [
      export(Self.mouseService) {
        (
          _: GuestPointer<DeviceObject>,
          _: VirtualAddress,
          _: VirtualAddress,
          _: GuestPointer<UInt32>
        ) -> Completion in
        throw Unmodelled("input of a mouse")
      }
    ]
  }

  /// Makes the request that connects the class driver to a mouse, which is sent before the mouse is
  /// opened (windows-driver-docs-ddi, ni-kbdmou-ioctl_internal_mouse_connect).
  public func makeMouseConnection(
    for node: DeviceNode
  ) throws -> (request: IORequest, completion: Completion) {
    let width = memory.architecture.pointerSize
    // CONNECT_DATA.
    let data = try io.allocate(2 * width, tag: "MouC")
    try memory.store(try makeMouseClassDevice(), at: data)
    try memory.store(io.addressOfRoutine(Self.mouseService), at: data + width)
    let (request, device) = try io.prepareSystemRequest(
      .internalDeviceControl,
      0,
      on: node.device,
      [0, UInt64(2 * width), UInt64(Self.mouseConnect), data.rawValue]
    )
    request.parameter = data
    return (request, try io.callDriver(device, request.irp))
  }

  /// Takes back what a request to connect a mouse needed.
  public func finishMouseConnection(_ request: IORequest) throws {
    try manager.freePool(request.parameter)
  }

  private func makeMouseClassDevice() throws -> GuestPointer<DeviceObject> {
    if let device = mouseClassDevice { return device }
    let driver = try io.makeSystemDriver("Mouclass", answering: [], with: Self.busDispatch)
    let device = try io.makeSystemDevice(for: driver, path: "\\Device\\PointerClass0")
    mouseClassDevice = device
    return device
  }

  /// Answers an internal device control of a mouse as its port does.
  func answerMouse(
    _ irp: GuestPointer<IRP>,
    _ location: GuestPointer<IOStackLocation>
  ) throws -> Completion {
    let code = try memory[location].ioControlCode
    guard code == Self.mouseConnect else {
      throw Unmodelled("a mouse: control 0x\(String(code, radix: 16))")
    }
    // The mouse is never moved: what is connected to it is never called.
    return try io.complete(irp, with: .success)
  }
}
