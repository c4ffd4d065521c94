internal import GuestABI
internal import NTStructures

extension Tokens {
  /// The routines that drivers import to work with the descriptors of their objects, and with the names of
  /// programs.
  var describingExports: [Export] {
    [
      export("SeQuerySecurityDescriptorInfo") {
        [self]
        (
          components: GuestPointer<UInt32>,
          buffer: VirtualAddress,
          length: GuestPointer<UInt32>,
          object: VirtualAddress
        ) in
        try queryDescriptor(components, buffer, length, object)
      },
      export("SeLocateProcessImageName") {
        [self] (process: VirtualAddress, result: VirtualAddress) in
        try locateImage(of: process, result)
      },
    ]
  }

  /// Returns parts of the descriptor that an object has, in self-relative form.
  ///
  /// The corresponding kernel routine is `SeQuerySecurityDescriptorInfo`.
  private func queryDescriptor(
    _ wanted: GuestPointer<UInt32>,
    _ buffer: VirtualAddress,
    _ length: GuestPointer<UInt32>,
    _ object: VirtualAddress
  ) throws -> NTStatus {
    let routine = "SeQuerySecurityDescriptorInfo"
    let bits = try memory.load(UInt32.self, at: wanted.address)
    let components = CapturedSecurityDescriptor.Components(rawValue: bits)
    guard components.isSubset(of: .all) else {
      throw Unmodelled("\(routine): SECURITY_INFORMATION 0x\(String(bits, radix: 16))")
    }
    let place = try memory.load(VirtualAddress.self, at: object)
    var part = CapturedSecurityDescriptor()
    if place != .null {
      guard case .done(let whole) = try CapturedSecurityDescriptor.read(at: place, in: memory)
      else {
        throw Unmodelled("\(routine) of a descriptor that is not valid")
      }
      var security = ObjectSecurity()
      security.set(whole, .all)
      part = security.part(components)
    }
    let bytes = part.selfRelativeBytes
    let room = try memory.load(UInt32.self, at: length.address)
    try memory.store(UInt32(bytes.count), at: length.address)
    guard Int(room) >= bytes.count else { return .bufferTooSmall }
    try memory.store(bytes: bytes, at: buffer)
    return .success
  }

  /// Returns a string in pool with the path of a program, by the device of its volume.
  ///
  /// The corresponding kernel routine is `SeLocateProcessImageName`. The caller frees the string with its
  /// text behind it.
  private func locateImage(
    of process: VirtualAddress,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    let routine = "SeLocateProcessImageName"
    guard let found = processes.process(withBody: process) else {
      throw Unmodelled("\(routine): \(process) is no process")
    }
    guard found !== processes.system else { throw Unmodelled("\(routine) of the system process") }
    let text = found.devicePath.littleEndianUTF16
    let head = CountedString.size(on: memory.architecture)
    let block = try manager.allocatePool(
      head + text.count + 2,
      .paged,
      tag: Self.tag,
      caller: manager.context.caller
    )
    guard let block else { return .noMemory }
    try memory.store(bytes: text + [0, 0], at: block + head)
    try memory.set(
      GuestPointer<CountedString>(block),
      buffer: block + head,
      length: text.count,
      maximumLength: text.count + 2
    )
    try memory.store(block, at: result)
    return .success
  }
}
