public import GuestABI
public import NTStructures

extension ObjectManager {
  /// The handles that are open.
  public var openHandleCount: Int { userHandleCount + kernelHandles.count }

  /// Opens a handle to an object.
  ///
  /// A handle that only kernel mode can use has its high bits set from bit 31 up, as ReactOS's
  /// `ObHandle` test sees it on Windows.
  ///
  /// - Parameters:
  ///   - object: The object.
  ///   - access: What the handle's owner may do.
  ///   - attributes: Whether the handle is the kernel's.
  /// - Returns: The handle.
  /// - Throws: ``Unmodelled`` if the run has opened millions of handles.
  public func makeHandle(
    for object: KernelObject,
    access: AccessMask,
    attributes: ObjectAttributeFlags = []
  ) throws -> VirtualAddress {
    guard !userHandles.isExhausted, !kernelHandles.isExhausted else {
      throw Unmodelled("ObjectManager: more than \(HandleTable.limit) handles in one run")
    }
    try willMakeHandle?(object)
    let entry = HandleTable.Entry(
      object: object,
      access: access.mapped(for: object.kind) ?? access,
      attributes: attributes
    )
    object.referenceCount += 1
    object.handleCount += 1
    if attributes.contains(.kernelHandle) {
      return kernelHandle(kernelHandles.insert(entry))
    }
    return VirtualAddress(rawValue: UInt64(userHandles.insert(entry)))
  }

  private func kernelHandle(_ number: UInt32) -> VirtualAddress {
    let high: UInt64 = memory.architecture == .x86 ? 0x8000_0000 : 0xFFFF_FFFF_8000_0000
    return VirtualAddress(rawValue: high | UInt64(number))
  }

  /// A handle's number, and whether its bits say that it is the kernel's.
  private func decode(_ handle: VirtualAddress) -> (number: UInt32, isKernel: Bool)? {
    let bits = handle.rawValue
    let base = kernelHandle(0).rawValue
    if bits & base == base { return (UInt32(truncatingIfNeeded: bits & 0x7FFF_FFFF), true) }
    guard bits < 0x8000_0000 else { return nil }
    return (UInt32(bits), false)
  }

  /// Whether a handle is -1, which stands for the current process.
  func isCurrentProcess(_ handle: VirtualAddress) -> Bool { isPseudoHandle(handle, -1) }

  /// Whether a handle is -2, which stands for the current thread.
  func isCurrentThread(_ handle: VirtualAddress) -> Bool { isPseudoHandle(handle, -2) }

  private func isPseudoHandle(_ handle: VirtualAddress, _ value: Int32) -> Bool {
    let bits = UInt64(bitPattern: Int64(value))
    return handle.rawValue == (memory.architecture == .x86 ? bits & 0xFFFF_FFFF : bits)
  }

  /// Whether the bits of a handle say that it is the kernel's.
  ///
  /// The corresponding kernel routine is `ObIsKernelHandle`.
  func isKernelHandle(_ handle: VirtualAddress) -> Bool {
    guard !isCurrentProcess(handle), !isCurrentThread(handle) else { return false }
    return decode(handle)?.isKernel == true
  }

  /// Changes the attributes of an open handle.
  func setAttributes(_ attributes: ObjectAttributeFlags, of handle: VirtualAddress) {
    guard let (number, isKernel) = decode(handle) else { return }
    if isKernel {
      kernelHandles.setAttributes(attributes, of: number)
    } else {
      userHandles.setAttributes(attributes, of: number)
    }
  }

  /// Returns what a handle stands for.
  func entry(for handle: VirtualAddress, mode: ProcessorMode = .kernel) -> HandleTable.Entry? {
    let everything = AccessMask(rawValue: 0x1F_FFFF)
    if isCurrentProcess(handle) {
      return currentProcess.map { .init(object: $0, access: everything, attributes: []) }
    }
    if isCurrentThread(handle) {
      return currentThread.map { .init(object: $0, access: everything, attributes: []) }
    }
    guard let (number, isKernel) = decode(handle) else { return nil }
    if isKernel { return mode == .kernel ? kernelHandles[number] : nil }
    return userHandles[number]
  }

  /// Returns the object that a handle stands for.
  public func object(
    for handle: VirtualAddress,
    mode: ProcessorMode = .kernel
  ) -> KernelObject? {
    entry(for: handle, mode: mode)?.object
  }

  /// Closes a handle.
  ///
  /// - Parameters:
  ///   - handle: The handle.
  ///   - mode: The mode on whose behalf it is closed; user mode cannot close the kernel's.
  /// - Returns: `STATUS_INVALID_HANDLE` if it is not open.
  /// - Throws: What the deletion of the object throws.
  public func close(
    _ handle: VirtualAddress,
    mode: ProcessorMode = .kernel
  ) throws -> NTStatus {
    if isCurrentProcess(handle) {
      return behaviour.closesCurrentProcessHandle ? .success : .invalidHandle
    }
    guard let (number, isKernel) = decode(handle), !isKernel || mode == .kernel else {
      return .invalidHandle
    }
    let entry = isKernel ? kernelHandles.remove(number) : userHandles.remove(number)
    guard let entry else { return .invalidHandle }
    entry.object.handleCount -= 1
    try removeNameIfUnused(entry.object)
    try dereference(entry.object)
    return .success
  }

  /// Closes a handle for a routine of the kernel, on whose bad handles documents do not agree.
  ///
  /// The handles 0, -1 and 0x80000000 fail on every release, which ReactOS's `ObHandle` test shows.
  /// For others the debugger's manual promises the bug check `INVALID_KERNEL_HANDLE`, and programs
  /// see it only on some machines.
  func closeForKernel(_ handle: VirtualAddress, _ routine: String) throws -> NTStatus {
    let status = try close(handle)
    let isHarmless = handle == .null || handle == kernelHandle(0) || isCurrentProcess(handle)
    if status == .invalidHandle, !isHarmless {
      throw Unmodelled("\(routine): a handle that is not open")
    }
    return status
  }
}
