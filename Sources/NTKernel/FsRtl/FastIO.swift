internal import GuestABI
internal import NTStructures

/// The fast I/O routines that the kernel has for file systems: reads and writes that the cache answers
/// without a request.
///
/// They go by the `FSRTL_COMMON_FCB_HEADER` that the file system keeps for the file.
final class FastIO {
  private let cache: CacheManager
  private let resources: ResourceTable

  /// Creates the routines.
  init(_ cache: CacheManager, _ resources: ResourceTable) {
    self.cache = cache
    self.resources = resources
  }

  private var memory: AddressSpace { cache.memory }

  /// A request by fast I/O.
  private struct Request {
    let file: GuestPointer<FileObject>
    let start: Int64
    let byteCount: Int
    let waits: Bool
    let status: GuestPointer<IOStatusBlock>
  }

  /// What a file system says of a file: `FSRTL_COMMON_FCB_HEADER`.
  private struct Header {
    let address: VirtualAddress
    /// 0 is `FastIoIsNotPossible`, 1 is `FastIoIsPossible`, 2 is `FastIoIsQuestionable`.
    let isPossible: UInt8
    let resource: VirtualAddress
    let allocationSize: Int64
    let fileSize: Int64
    let validDataLength: Int64
  }

  private func header(of file: GuestPointer<FileObject>) throws -> Header {
    let address = try memory[file].fsContext
    guard address != .null else { throw Unmodelled("fast I/O for a file without a header") }
    let sizes = address + (memory.architecture == .x86 ? 0x10 : 0x18)
    return Header(
      address: address,
      isPossible: try memory.load(at: address + 5),
      resource: try memory.load(at: address + 8),
      allocationSize: try memory.load(at: sizes),
      fileSize: try memory.load(at: sizes + 8),
      validDataLength: try memory.load(at: sizes + 16)
    )
  }

  /// The routines that drivers import.
  var exports: [Export] { copyExports + mdlExports + completionExports }

  private var copyExports: [Export] {
    [("FsRtlCopyRead", false), ("FsRtlCopyWrite", true)].map { name, isWrite in
      export(name) {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          waits: Bool,
          key: UInt32,
          buffer: VirtualAddress,
          status: GuestPointer<IOStatusBlock>,
          device: VirtualAddress
        ) in
        let request = Request(
          file: file,
          start: try memory.load(at: offset.address),
          byteCount: Int(length),
          waits: waits,
          status: status
        )
        return try begin(request, isWrite: isWrite, name) { [self] count in
          try cache.copyFast(
            file,
            request.start,
            count,
            buffer,
            status,
            waits: waits,
            isWrite: isWrite,
            name
          )
        }
      }
    }
  }

  private var mdlExports: [Export] {
    [("FsRtlMdlReadDev", false), ("FsRtlPrepareMdlWriteDev", true)].map { name, isWrite in
      export(name) {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          length: UInt32,
          key: UInt32,
          chain: VirtualAddress,
          status: GuestPointer<IOStatusBlock>,
          device: VirtualAddress
        ) in
        let request = Request(
          file: file,
          start: try memory.load(at: offset.address),
          byteCount: Int(length),
          waits: true,
          status: status
        )
        return try begin(request, isWrite: isWrite, name) { [self] count in
          try cache.lockRange(file, request.start, count, chain, status, isWrite: isWrite, name)
            .followed { _ in .returned(true) }
        }
      }
    }
  }

  private var completionExports: [Export] {
    [
      export("FsRtlMdlReadCompleteDev") {
        [self]
        (file: GuestPointer<FileObject>, chain: GuestPointer<MDL>, device: VirtualAddress) in
        try cache.unlock(chain)
        return true
      },
      export("FsRtlMdlWriteCompleteDev") {
        [self]
        (
          file: GuestPointer<FileObject>,
          offset: GuestPointer<Int64>,
          chain: GuestPointer<MDL>,
          device: VirtualAddress
        ) in
        try cache.completeWrite(file, memory.load(at: offset.address), chain)
          .followed { _ in .returned(true) }
      },
    ]
  }

  /// Does a request while the file's resource is held, if the file system allows it.
  ///
  /// A write that would make the file longer goes the long way.
  private func begin(
    _ request: Request,
    isWrite: Bool,
    _ routine: String,
    then body: @escaping (Int) throws -> Completion
  ) throws -> Completion {
    if request.byteCount == 0 { return try finish(request, .success, 0) }
    let header = try header(of: request.file)
    guard try memory[request.file].privateCacheMap != .null, header.isPossible != 0 else {
      return .returned(false)
    }
    guard header.isPossible == 1 else {
      throw Unmodelled("\(routine): a file system that is asked whether fast I/O is possible")
    }
    // FO_WRITE_THROUGH takes a request.
    if isWrite, try memory[request.file].flags & 0x10 != 0 { return .returned(false) }
    let acquired =
      isWrite
      ? try resources.acquireExclusive(header.resource, waits: request.waits, routine)
      : try resources.acquireShared(header.resource, waits: request.waits, .fair, routine)
    return try acquired.followed { [self] bits in
      guard bits & 0xFF != 0 else { return .returned(false) }
      var count = request.byteCount
      let (end, overflow) = request.start.addingReportingOverflow(Int64(count))
      if isWrite {
        guard request.start >= 0, !overflow, end <= header.fileSize else {
          return try release(header, .returned(false), routine)
        }
      } else {
        guard request.start >= 0, request.start < header.fileSize else {
          let answer = try finish(request, .endOfFile, 0)
          return try release(header, answer, routine)
        }
        if overflow || end > header.fileSize { count = Int(header.fileSize - request.start) }
      }
      let length = count
      return try body(count).followed { [self] bits in
        if bits & 0xFF != 0 {
          let position = request.start + Int64(length)
          try memory[request.file].store(position, in: \.currentByteOffset)
          // FO_FILE_FAST_IO_READ, and FO_FILE_MODIFIED.
          let flag: UInt32 = isWrite ? 0x1000 : 0x8_0000
          try memory[request.file].store(memory[request.file].flags | flag, in: \.flags)
          if isWrite, position > header.validDataLength {
            let place = header.address + (memory.architecture == .x86 ? 0x20 : 0x28)
            try memory.store(position, at: place)
          }
        }
        return try release(header, .value(bits), routine)
      }
    }
  }

  private func release(
    _ header: Header,
    _ answer: Completion,
    _ routine: String
  ) throws -> Completion {
    try resources.release(header.resource, cache.io.dispatcher.current.body, routine)
    return answer
  }

  private func finish(
    _ request: Request,
    _ status: NTStatus,
    _ count: Int
  ) throws -> Completion {
    try memory.modify(request.status) { block in
      block.status = status
      block.information = GuestWord(count)
    }
    return .returned(true)
  }
}
