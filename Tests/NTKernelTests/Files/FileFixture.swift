import GuestABI
import NTKernel
import NTStructures
import Testing

/// A driver that opens files.
struct FileFixture {
  let kernel: KernelFixture
  let block: GuestPointer<IOStatusBlock>
  private let slot: VirtualAddress

  init(_ host: Host) throws {
    kernel = try host.fixture()
    block = GuestPointer(try kernel.allocate(16))
    slot = try kernel.allocate(16)
  }

  var memory: AddressSpace { kernel.memory }

  /// Access rights.
  static let read: UInt32 = 0x8000_0000
  static let write: UInt32 = 0x4000_0000
  static let delete: UInt32 = 0x1_0000

  /// What opening a file came to.
  struct Opened {
    let status: NTStatus
    let handle: VirtualAddress
    let information: UInt64
  }

  func string(_ text: String) throws -> GuestPointer<CountedString> {
    let bytes = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let string = GuestPointer<CountedString>(try kernel.allocate(16))
    let buffer = try kernel.allocate(bytes.count + 2)
    try memory.store(bytes: bytes, at: buffer)
    try memory.set(string, buffer: buffer, length: bytes.count, maximumLength: bytes.count + 2)
    return string
  }

  func attributes(
    _ name: String,
    in directory: VirtualAddress = .null
  ) throws -> GuestPointer<ObjectAttributes> {
    let attributes = GuestPointer<ObjectAttributes>(try kernel.allocate(48))
    let text = try string(name)
    let size = UInt32(ObjectAttributes.size(on: memory.architecture))
    try memory.modify(attributes) { attributes in
      attributes.length = size
      attributes.rootDirectory = directory
      attributes.objectName = text
      attributes.attributes = 0x40
    }
    return attributes
  }

  /// Opens or makes a file, for synchronous use unless other options are given.
  func create(
    _ name: String,
    in directory: VirtualAddress = .null,
    access: UInt32 = read | write,
    share: UInt32 = 0,
    disposition: UInt32 = 3,
    options: UInt32 = 0x60,
    fileAttributes: UInt32 = 0x80
  ) throws -> Opened {
    try memory.fill(at: slot, count: 16)
    try memory.fill(at: block.address, count: 16)
    let status = try kernel.status(
      "ZwCreateFile",
      slot,
      access | 0x10_0000,
      try attributes(name, in: directory),
      block,
      VirtualAddress.null,
      fileAttributes,
      share,
      disposition,
      options,
      VirtualAddress.null,
      UInt32(0)
    )
    return Opened(
      status: status,
      handle: try memory.load(at: slot),
      information: try memory[block].information.rawValue
    )
  }

  func close(_ handle: VirtualAddress) throws {
    #expect(try kernel.status("ZwClose", handle) == .success)
  }

  func write(_ bytes: [UInt8], to handle: VirtualAddress, at offset: Int64? = nil) throws
    -> NTStatus
  {
    let buffer = try kernel.allocate(max(1, bytes.count))
    try memory.store(bytes: bytes, at: buffer)
    return try transfer("ZwWriteFile", handle, buffer, bytes.count, offset)
  }

  func read(
    _ count: Int,
    from handle: VirtualAddress,
    at offset: Int64? = nil
  ) throws -> (status: NTStatus, bytes: [UInt8]) {
    let buffer = try kernel.allocate(max(1, count))
    let status = try transfer("ZwReadFile", handle, buffer, count, offset)
    guard status.isSuccess else { return (status, []) }
    let done = try memory[block].information.byteCount
    return (status, try memory.bytes(at: buffer, count: done))
  }

  private func transfer(
    _ routine: String,
    _ handle: VirtualAddress,
    _ buffer: VirtualAddress,
    _ count: Int,
    _ offset: Int64?
  ) throws -> NTStatus {
    var place = VirtualAddress.null
    if let offset {
      place = try kernel.allocate(8)
      try memory.store(offset, at: place)
    }
    return try kernel.status(
      routine,
      handle,
      VirtualAddress.null,
      VirtualAddress.null,
      VirtualAddress.null,
      block,
      buffer,
      UInt32(count),
      place,
      VirtualAddress.null
    )
  }

  /// Asks about a file.
  func query(
    _ number: UInt32,
    of handle: VirtualAddress,
    room: Int = 512,
    with routine: String = "ZwQueryInformationFile"
  ) throws -> (status: NTStatus, bytes: [UInt8]) {
    let buffer = try kernel.allocate(max(16, room))
    let status = try kernel.status(routine, handle, block, buffer, UInt32(room), number)
    let isError = UInt32(bitPattern: status.rawValue) >> 30 == 3
    let count = isError ? 0 : try memory[block].information.byteCount
    return (status, try memory.bytes(at: buffer, count: count))
  }

  func set(_ number: UInt32, of handle: VirtualAddress, to bytes: [UInt8]) throws -> NTStatus {
    let buffer = try kernel.allocate(max(16, bytes.count))
    try memory.store(bytes: bytes, at: buffer)
    return try kernel.status(
      "ZwSetInformationFile",
      handle,
      block,
      buffer,
      UInt32(bytes.count),
      number
    )
  }

  /// Lists a directory, a buffer at a time.
  func list(_ handle: VirtualAddress, _ pattern: String?, room: Int = 512) throws -> [String] {
    let buffer = try kernel.allocate(room)
    var names: [String] = []
    var isFirst = true
    while names.count < 1000 {
      let expression = try pattern.map(string)
      let status = try kernel.status(
        "ZwQueryDirectoryFile",
        handle,
        VirtualAddress.null,
        VirtualAddress.null,
        VirtualAddress.null,
        block,
        buffer,
        UInt32(room),
        UInt32(1),
        false,
        expression ?? GuestPointer(.null),
        isFirst
      )
      guard status.isSuccess else {
        #expect(status == NTStatus(isFirst ? 0xC000_000F : 0x8000_0006))
        return names
      }
      isFirst = false
      var place = buffer
      while true {
        let next = Int(try memory.load(UInt32.self, at: place))
        let length = Int(try memory.load(UInt32.self, at: place + 60))
        let bytes = try memory.bytes(at: place + 64, count: length)
        let units = stride(from: 0, to: length, by: 2).map {
          UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
        }
        names.append(String(decoding: units, as: UTF16.self))
        if next == 0 { break }
        place = place + next
      }
    }
    return names
  }
}

extension [UInt8] {
  /// An integer among bytes, low bytes first.
  func integer(at offset: Int, _ count: Int) -> UInt64 {
    guard offset + count <= self.count else { return .max }
    return self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
