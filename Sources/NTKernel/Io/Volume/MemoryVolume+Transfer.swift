internal import GuestABI
internal import NTStructures

extension MemoryVolume {
  /// Where a transfer of a file's bytes begins, and how long it is.
  private struct Transfer {
    let file: GuestPointer<FileObject>
    let node: VolumeNode
    var offset: UInt64
    let byteCount: Int
    let isPaging: Bool
  }

  /// Carries out `IRP_MJ_READ`.
  func read(_ request: VolumeRequest) throws -> Outcome {
    switch try transfer(of: request, isWrite: false) {
    case .failed(let status): return .failed(status)
    case .done(let transfer):
      guard transfer.byteCount > 0 else { return .done() }
      let size = UInt64(transfer.node.data.count)
      guard transfer.offset < size else { return .failed(.endOfFile) }
      let count = min(transfer.byteCount, Int(size - transfer.offset))
      let start = Int(transfer.offset)
      let bytes = transfer.node.data[start..<start + count]
      try withBuffer(of: request, transfer.byteCount) { try memory.store(bytes: bytes, at: $0) }
      try advance(transfer, by: count)
      return .done(count)
    }
  }

  /// Carries out `IRP_MJ_WRITE`.
  func write(_ request: VolumeRequest) throws -> Outcome {
    switch try transfer(of: request, isWrite: true) {
    case .failed(let status): return .failed(status)
    case .done(let transfer):
      guard transfer.byteCount > 0 else { return .done() }
      let node = transfer.node
      var count = transfer.byteCount
      let (end, overflow) = transfer.offset.addingReportingOverflow(UInt64(count))
      guard !overflow else { return .failed(.invalidParameter) }
      if end > UInt64(node.data.count) {
        // Paging writes do not make a file longer.
        if transfer.isPaging {
          guard transfer.offset < UInt64(node.data.count) else { return .done() }
          count = node.data.count - Int(transfer.offset)
        } else if let status = resize(node, to: end) {
          return .failed(status)
        }
      }
      let bytes = try withBuffer(of: request, transfer.byteCount) {
        try memory.bytes(at: $0, count: count)
      }
      let start = Int(transfer.offset)
      node.data.replaceSubrange(start..<start + count, with: bytes)
      (node.times.write, node.times.change) = (time, time)
      node.attributes |= 0x20
      try publishSizes(of: node)
      try advance(transfer, by: count)
      return .done(transfer.byteCount)
    }
  }

  /// Makes a file longer, by zeros, or shorter.
  ///
  /// - Returns: Why it cannot be, or nil.
  func resize(_ node: VolumeNode, to byteCount: UInt64) -> NTStatus? {
    let others = usedBytes - node.data.count
    guard byteCount <= UInt64(max(0, Self.capacity - others)) else { return .diskFull }
    let count = Int(byteCount)
    if count < node.data.count {
      node.data.removeSubrange(count...)
    } else {
      node.data.append(contentsOf: repeatElement(0, count: count - node.data.count))
    }
    usedBytes = others + count
    return nil
  }

  private func transfer(of request: VolumeRequest, isWrite: Bool) throws -> Attempt<Transfer> {
    let view = memory[request.location]
    let file = try view.fileObject
    guard let open = opens[file.address] else { return .failed(.invalidParameter) }
    guard let id = open.node else { throw Unmodelled("reading or writing the sectors of a volume") }
    guard let node = nodes[id] else { return .failed(.fileClosed) }
    guard !node.isDirectory else { return .failed(.invalidDeviceRequest) }
    let irpFlags = try memory[request.irp].flags
    let isPaging = irpFlags & 2 != 0
    // IRP_MN_NORMAL; the others are for the kernel's own servers and caches.
    guard try view.minorFunction == 0 else {
      throw Unmodelled("a read or write of the system's volume by MDL, or compressed")
    }
    guard !open.isCleanedUp || isPaging else { return .failed(.fileClosed) }
    var offset = try view.byteOffset
    let count = Int(try view.length)
    guard count <= Self.capacity else { return .failed(isWrite ? .diskFull : .invalidParameter) }
    if offset == -1, isWrite { offset = Int64(node.data.count) }
    // FILE_USE_FILE_POINTER_POSITION.
    if offset == -2 { offset = try memory[file].currentByteOffset }
    guard offset >= 0 else { return .failed(.invalidParameter) }
    let start = UInt64(offset)
    // FO_NO_INTERMEDIATE_BUFFERING.
    if try memory[file].flags & 8 != 0 {
      let sector = Self.sectorSize
      guard offset % Int64(sector) == 0, count % sector == 0 else {
        return .failed(.invalidParameter)
      }
    }
    if let locks = locks[id], !locks.isEmpty, !isPaging {
      let key = try view.key
      let (owner, process) = (file.address.rawValue, io.manager.currentProcess.rawValue)
      let isAllowed =
        isWrite
        ? locks.allowsWrite(start, UInt64(count), file: owner, process: process, key: key)
        : locks.allowsRead(start, UInt64(count), file: owner, process: process, key: key)
      guard isAllowed else { return .failed(.fileLockConflict) }
    }
    return .done(
      Transfer(file: file, node: node, offset: start, byteCount: count, isPaging: isPaging)
    )
  }

  private func advance(_ transfer: Transfer, by count: Int) throws {
    // FO_SYNCHRONOUS_IO.
    guard try memory[transfer.file].flags & 2 != 0, !transfer.isPaging else { return }
    let position = Int64(clamping: transfer.offset) &+ Int64(count)
    try memory[transfer.file].store(position, in: \.currentByteOffset)
  }

  /// Hands out where a request's bytes are: behind its MDL, in its system buffer or in the caller's.
  func withBuffer<Result>(
    of request: VolumeRequest,
    _ byteCount: Int,
    _ body: (VirtualAddress) throws -> Result
  ) throws -> Result {
    let irp = memory[request.irp]
    let mdl = try irp.mdlAddress
    guard !mdl.isNull else {
      // IRP_BUFFERED_IO.
      return try body(irp.flags & 0x10 != 0 ? irp.systemBuffer : irp.userBuffer)
    }
    guard try Int(memory[mdl].byteCount) >= byteCount else {
      throw Unmodelled("a request whose MDL is shorter than its length")
    }
    let flags = try memory[mdl].flags
    if !flags.isDisjoint(with: [.mappedToSystemVA, .sourceIsNonpagedPool]) {
      return try body(memory[mdl].mappedSystemVA)
    }
    let mapping = try io.manager.mapLockedPages(mdl, mode: .kernel)
    let start = VirtualAddress(
      rawValue: mapping.rawValue | UInt64(try memory[mdl].byteOffset & 0xFFF)
    )
    let result = try body(start)
    try io.manager.unmapLockedPages(mapping, mdl)
    return result
  }

  /// Carries out `IRP_MJ_LOCK_CONTROL`.
  func lockControl(_ request: VolumeRequest) throws -> Outcome {
    let view = memory[request.location]
    let file = try view.fileObject
    guard let open = opens[file.address], let id = open.node, let node = nodes[id],
      !node.isDirectory
    else { return .failed(.invalidParameter) }
    let process = io.manager.currentProcess.rawValue
    let owner = file.address.rawValue
    var locks = self.locks[id] ?? RangeLocks()
    defer { self.locks[id] = locks.isEmpty ? nil : locks }
    let key = try view.key
    switch try view.minorFunction {
    case 1, 2:
      let start = UInt64(bitPattern: try view.byteOffset)
      let length = UInt64(bitPattern: try memory.load(Int64.self, at: view.lockLength.address))
      guard try view.minorFunction == 1 else {
        let found = locks.remove(start, length, file: owner, process: process, key: key)
        return found == nil ? .failed(.rangeNotLocked) : .done()
      }
      // SL_FAIL_IMMEDIATELY and SL_EXCLUSIVE_LOCK.
      let flags = try view.flags
      let lock = RangeLocks.Lock(
        start: start,
        byteCount: length,
        isExclusive: flags & 2 != 0,
        key: key,
        file: owner,
        process: process
      )
      guard locks.allows(lock) else {
        guard flags & 1 != 0 else {
          throw Unmodelled("waiting for a range of a file to be unlocked")
        }
        return .failed(.lockNotGranted)
      }
      try locks.add(lock)
      return .done()
    case 3: _ = locks.removeAll(file: owner, process: process)
    case 4: _ = locks.removeAll(file: owner, process: process, key: key)
    default: return .failed(.invalidDeviceRequest)
    }
    return .done()
  }

  /// Carries out `IRP_MJ_FILE_SYSTEM_CONTROL`.
  func fileSystemControl(_ request: VolumeRequest) throws -> Outcome {
    let code = try memory[request.location].ioControlCode
    switch code {
    case 0x9_0028: return .done()  // FSCTL_IS_VOLUME_MOUNTED
    case 0x9_00A8: return .failed(NTStatus(0xC000_0275))  // FSCTL_GET_REPARSE_POINT: it is none
    default:
      throw Unmodelled("file system control 0x\(String(code, radix: 16)) to the system's volume")
    }
  }
}
