internal import GuestABI
internal import NTStructures

extension WMILibrary {
  /// Where the driver's routine leaves what it says of itself.
  private struct Answer {
    static let flags = 0x00
    static let instanceName = 0x10
    static let resourceName = 0x20
    static let registryPath = 0x30
    static let physicalDevice = 0x38
    static let size = 0x40
  }

  /// `IRP_MN_REGINFO` and `IRP_MN_REGINFO_EX`: asks the driver what it registers, and describes it in
  /// a `WMIREGINFO`.
  ///
  /// Its page: if the buffer is too small, its first `ULONG` says how many bytes are needed.
  func register(_ request: Request) throws -> Completion {
    let answer = try io.allocate(Answer.size, tag: "WmiL")
    let call = GuestCall(
      try memory[request.context].queryRegistration,
      request.device.address.rawValue,
      (answer + Answer.flags).rawValue,
      (answer + Answer.instanceName).rawValue,
      (answer + Answer.registryPath).rawValue,
      (answer + Answer.resourceName).rawValue,
      (answer + Answer.physicalDevice).rawValue
    )
    return .call(
      call,
      then: { [self] bits in
        let status = NTStatus(guestBits: bits)
        guard status.isSuccess else {
          try io.manager.freePool(answer)
          return try fail(request, status)
        }
        let completion = try describe(request, answer)
        try io.manager.freePool(answer)
        return completion
      }
    )
  }

  private func describe(_ request: Request, _ answer: VirtualAddress) throws -> Completion {
    let (first, entrySize) = memory.architecture == .x86 ? (0x14, 0x1C) : (0x18, 0x20)
    let context = memory[request.context]
    let count = try context.guidCount
    guard count <= 4096 else { throw Unmodelled("WmiSystemControl with \(count) blocks") }
    let flags: UInt32 = try memory.load(at: answer + Answer.flags)
    let device: VirtualAddress = try memory.load(at: answer + Answer.physicalDevice)
    let path: VirtualAddress = try memory.load(at: answer + Answer.registryPath)
    let isUpdate = request.dataPath != .null
    // WMIREG_FLAG_INSTANCE_BASENAME
    let baseName = flags & 8 == 0 ? [] : try counted(answer + Answer.instanceName)
    let resource = isUpdate ? [] : try counted(answer + Answer.resourceName)
    let registryPath = isUpdate || path == .null ? [] : try counted(path)
    let baseOffset = first + Int(count) * entrySize
    let resourceOffset = baseOffset + baseName.count
    let pathOffset = resourceOffset + resource.count
    let size = pathOffset + registryPath.count
    if flags & 8 != 0 { try freeName(answer + Answer.instanceName) }
    guard size <= Int(request.bufferSize) else {
      guard request.bufferSize >= 4 else { return try fail(request, .bufferTooSmall) }
      try memory.store(UInt32(size), at: request.buffer)
      return try fail(request, .bufferTooSmall, information: 4)
    }
    try memory.fill(at: request.buffer, count: first)
    let header = [
      UInt32(size), 0, registryPath.isEmpty ? 0 : UInt32(pathOffset),
      resource.isEmpty ? 0 : UInt32(resourceOffset), count,
    ]
    for (index, word) in header.enumerated() {
      try memory.store(word, at: request.buffer + index * 4)
    }
    for index in 0..<Int(count) {
      let list = try context.guidList
      let entry = memory[
        GuestPointer<WMIGUIDRegistration>(
          list + index * WMIGUIDRegistration.size(on: memory.architecture)
        )
      ]
      let place = request.buffer + (first + index * entrySize)
      let own = try entry.flags | flags
      try memory.store(bytes: memory.bytes(at: entry.guid, count: 16), at: place)
      try memory.store(own, at: place + 16)
      try memory.store(entry.instanceCount, at: place + 20)
      // WMIREG_FLAG_INSTANCE_PDO: the receiver drops the reference.
      if own & 0x20 != 0, let object = io.objects.object(withBody: device) {
        io.objects.reference(object)
      }
      let information = own & 0x20 != 0 ? device.rawValue : own & 8 != 0 ? UInt64(baseOffset) : 0
      try memory.store(VirtualAddress(rawValue: information), at: place + 24)
    }
    try memory.store(bytes: baseName + resource + registryPath, at: request.buffer + baseOffset)
    return try fail(request, .success, information: size)
  }

  /// A string as a `WMIREGINFO` holds it: its length in bytes, and its characters.
  private func counted(_ string: VirtualAddress) throws -> [UInt8] {
    let bytes = try memory.bytes(of: GuestPointer<CountedString>(string))
    return [UInt8(truncatingIfNeeded: bytes.count), UInt8(truncatingIfNeeded: bytes.count >> 8)]
      + bytes
  }

  /// Frees the driver's string, as `DpWmiQueryReginfo`'s page says.
  private func freeName(_ string: VirtualAddress) throws {
    let buffer = try memory[GuestPointer<CountedString>(string)].buffer
    if buffer != .null { try io.manager.freePool(buffer) }
  }
}
