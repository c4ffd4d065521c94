internal import GuestABI
internal import NTStructures

extension MemoryVolume {
  /// Carries out `IRP_MJ_QUERY_INFORMATION`.
  func queryInformation(_ request: VolumeRequest) throws -> Outcome {
    let number = try memory[request.location].informationClass
    guard let open = try open(of: request), let id = open.node, let node = nodes[id] else {
      return .failed(.invalidParameter)
    }
    guard let kind = FileInformationClass(rawValue: number) else {
      throw Unmodelled("querying file information of class \(number)")
    }
    let file = memory[try memory[request.location].fileObject]
    let position = try file.currentByteOffset
    var bytes = information(kind, of: node, position: position)
    if kind == .all {
      // What the I/O manager has filled in.
      let buffer = try memory[request.irp].systemBuffer
      let length = min(Int(try memory[request.location].length), 96)
      if length > 76 {
        bytes.replaceSubrange(76..<80, with: try memory.bytes(at: buffer + 76, count: 4))
      }
      if length >= 96 {
        bytes.replaceSubrange(88..<96, with: try memory.bytes(at: buffer + 88, count: 8))
      }
    }
    return try answer(request, bytes, atLeast: kind.minimumSize)
  }

  /// Stores the answer to a query, as far as it fits.
  func answer(_ request: VolumeRequest, _ bytes: [UInt8], atLeast minimum: Int) throws -> Outcome {
    let length = Int(try memory[request.location].length)
    guard length >= minimum else { return .failed(.infoLengthMismatch) }
    let count = min(length, bytes.count)
    let buffer = try memory[request.irp].systemBuffer
    try memory.store(bytes: bytes.prefix(count), at: buffer)
    return Outcome(
      status: count < bytes.count ? .bufferOverflow : .success,
      information: UInt64(count)
    )
  }

  /// The bytes of a `FILE_…_INFORMATION`.
  private func information(
    _ kind: FileInformationClass,
    of node: VolumeNode,
    position: Int64
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    func times() {
      for time in [node.times.creation, node.times.access, node.times.write, node.times.change] {
        bytes.append(littleEndian: time)
      }
    }
    func sizes() {
      bytes.append(littleEndian: Int64(node.allocatedByteCount))
      bytes.append(littleEndian: Int64(node.data.count))
    }
    func name() {
      let units = path(of: node).littleEndianUTF16
      bytes.append(littleEndian: UInt32(units.count))
      bytes += units
    }
    switch kind {
    case .basic:
      times()
      bytes.append(littleEndian: node.reportedAttributes)
      bytes.append(littleEndian: UInt32(0))
    case .standard:
      sizes()
      bytes.append(littleEndian: UInt32(node.isDeletePending ? 0 : 1))
      bytes += [node.isDeletePending ? 1 : 0, node.isDirectory ? 1 : 0, 0, 0]
    case .internal: bytes.append(littleEndian: node.id | 1 << 48)
    case .ea: bytes.append(littleEndian: UInt32(0))
    case .name: name()
    case .position: bytes.append(littleEndian: position)
    case .all:
      bytes += information(.basic, of: node, position: position)
      bytes += information(.standard, of: node, position: position)
      bytes += information(.internal, of: node, position: position)
      bytes += information(.ea, of: node, position: position)
      // The access rights, the mode and the alignment are the I/O manager's.
      bytes += [0, 0, 0, 0]
      bytes.append(littleEndian: position)
      bytes += [UInt8](repeating: 0, count: 8)
      name()
    case .stream where !node.isDirectory:
      let units = "::$DATA".littleEndianUTF16
      bytes.append(littleEndian: UInt32(0))
      bytes.append(littleEndian: UInt32(units.count))
      bytes.append(littleEndian: Int64(node.data.count))
      bytes.append(littleEndian: Int64(node.allocatedByteCount))
      bytes += units
    case .stream: break
    case .networkOpen:
      times()
      sizes()
      bytes.append(littleEndian: node.reportedAttributes)
      bytes.append(littleEndian: UInt32(0))
    case .attributeTag:
      bytes.append(littleEndian: node.reportedAttributes)
      bytes.append(littleEndian: UInt32(0))
    }
    return bytes
  }

  /// Carries out `IRP_MJ_SET_INFORMATION`.
  func setInformation(_ request: VolumeRequest) throws -> Outcome {
    let view = memory[request.location]
    let number = try view.informationClass
    let length = Int(try view.length)
    let buffer = try memory[request.irp].systemBuffer
    guard let open = try open(of: request), let id = open.node, let node = nodes[id] else {
      return .failed(.invalidParameter)
    }
    func number64() throws -> Int64? { length >= 8 ? try memory.load(at: buffer) : nil }
    switch number {
    case 4:
      guard length >= 36 else { return .failed(.infoLengthMismatch) }
      return try setBasic(node, at: buffer)
    case 10: return try rename(node, request, length)
    case 13:
      guard length >= 1 else { return .failed(.infoLengthMismatch) }
      return .failed(setDeletePending(node, try memory.load(Bool.self, at: buffer)))
    case 14:
      guard let position = try number64() else { return .failed(.infoLengthMismatch) }
      guard position >= 0 else { return .failed(.invalidParameter) }
      try memory[view.fileObject].store(position, in: \.currentByteOffset)
      return .done()
    case 19, 20:
      guard let size = try number64() else { return .failed(.infoLengthMismatch) }
      guard size >= 0, !node.isDirectory else { return .failed(.invalidParameter) }
      // FileAllocationInformation only ever makes a file's end come earlier.
      if number == 19, size >= node.data.count { return .done() }
      if let status = resize(node, to: UInt64(size)) { return .failed(status) }
      (node.times.write, node.times.change) = (time, time)
      try publishSizes(of: node)
      return .done()
    default: throw Unmodelled("setting file information of class \(number)")
    }
  }

  private func setBasic(_ node: VolumeNode, at buffer: VirtualAddress) throws -> Outcome {
    let times = try (0..<4).map { try memory.load(Int64.self, at: buffer + $0 * 8) }
    let attributes = try memory.load(UInt32.self, at: buffer + 32)
    // 0 leaves a time as it is, and -1 says that this file object shall not change it.
    guard times.allSatisfy({ $0 >= -2 }) else { return .failed(.invalidParameter) }
    guard attributes & 0x10 == 0 || node.isDirectory else { return .failed(.invalidParameter) }
    if times[0] > 0 { node.times.creation = times[0] }
    if times[1] > 0 { node.times.access = times[1] }
    if times[2] > 0 { node.times.write = times[2] }
    node.times.change = times[3] > 0 ? times[3] : time
    if attributes != 0 { node.attributes = attributes & 0x3127 }
    return .done()
  }

  private func setDeletePending(_ node: VolumeNode, _ isPending: Bool) -> NTStatus {
    guard isPending else {
      node.isDeletePending = false
      return .success
    }
    guard !node.isReadOnly, node.id != Self.rootID else { return .cannotDelete }
    guard node.children.isEmpty else { return .directoryNotEmpty }
    node.isDeletePending = true
    return .success
  }

  private func rename(
    _ node: VolumeNode,
    _ request: VolumeRequest,
    _ length: Int
  ) throws -> Outcome {
    let width = memory.architecture.pointerSize
    let buffer = try memory[request.irp].systemBuffer
    // ReplaceIfExists, RootDirectory, FileNameLength, FileName.
    let header = 2 * width + 4
    guard length >= header else { return .failed(.infoLengthMismatch) }
    let nameLength = Int(try memory.load(UInt32.self, at: buffer + 2 * width))
    guard nameLength > 0, nameLength & 1 == 0, nameLength <= length - header else {
      return .failed(.invalidParameter)
    }
    let bytes = try memory.bytes(at: buffer + header, count: nameLength)
    let units = stride(from: 0, to: nameLength, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
    let text = String(decoding: units, as: UTF16.self)
    guard node.id != Self.rootID else { return .failed(.invalidParameter) }
    let replaces: Bool = try memory.load(at: buffer)
    let place: (directory: VolumeNode, last: String)
    switch try target(of: text, rootDirectory: try memory.load(at: buffer + width), for: node) {
    case .failed(let status): return .failed(status)
    case .done(let found): place = found
    }
    // A directory cannot move into itself.
    var above: VolumeNode? = place.directory
    while let current = above, current.id != Self.rootID {
      guard current !== node else { return .failed(.invalidParameter) }
      above = nodes[current.parent]
    }
    if let id = place.directory.children[ObjectName(place.last)], id != node.id {
      let old = self.node(id)
      guard replaces else { return .failed(.objectNameCollision) }
      guard !old.isDirectory, !old.isReadOnly, old.openCount == 0 else {
        return .failed(.accessDenied)
      }
      removeNode(old)
    }
    nodes[node.parent]?.children[ObjectName(node.name)] = nil
    node.name = place.last
    node.parent = place.directory.id
    place.directory.children[ObjectName(place.last)] = node.id
    node.times.change = time
    return .done()
  }

  /// Finds where a file is to go.
  private func target(
    of text: String,
    rootDirectory: VirtualAddress,
    for node: VolumeNode
  ) throws -> Attempt<(directory: VolumeNode, last: String)> {
    if rootDirectory != .null {
      guard let object = io.objects.object(for: rootDirectory) else {
        return .failed(.invalidHandle)
      }
      guard let open = opens[object.body] else { return .failed(.notSameDevice) }
      guard let id = open.node else { return .failed(.invalidParameter) }
      return try parent(of: text, from: self.node(id))
    }
    guard text.isAbsolutePath else {
      guard !text.utf16.contains(0x5C) else { return .failed(.invalidParameter) }
      return try parent(of: text, from: self.node(node.parent))
    }
    // A full path goes through the object manager's names, as \DosDevices\C:\name does.
    let found = try io.objects.object(at: text)
    guard let device = found.object else { return .failed(found.status) }
    guard device.kind == .device, try io.fileSystem(of: device) === self else {
      return .failed(.notSameDevice)
    }
    let rest = String(found.remainder.drop { $0 == "\\" })
    return try parent(of: rest, from: root)
  }

  /// Carries out `IRP_MJ_QUERY_VOLUME_INFORMATION`.
  func queryVolume(_ request: VolumeRequest) throws -> Outcome {
    let number = try memory[request.location].informationClass
    var bytes: [UInt8] = []
    let cluster = 4096
    let total = UInt64(Self.capacity / cluster)
    let free = UInt64(max(0, Self.capacity - usedBytes) / cluster)
    let minimum: Int
    switch number {
    case 1:
      minimum = 18
      bytes.append(littleEndian: root.times.creation)
      bytes.append(littleEndian: Self.serialNumber)
      // No label; SupportsObjects.
      bytes.append(littleEndian: UInt32(0))
      bytes += [1, 0]
    case 3:
      minimum = 24
      bytes.append(littleEndian: total)
      bytes.append(littleEndian: free)
      bytes.append(littleEndian: UInt32(cluster / Self.sectorSize))
      bytes.append(littleEndian: UInt32(Self.sectorSize))
    case 5:
      minimum = 12
      let name = "NTFS".littleEndianUTF16
      // Names keep their case and are Unicode, and security is kept: what every NTFS says.
      bytes.append(littleEndian: UInt32(0x0E))
      bytes.append(littleEndian: UInt32(255))
      bytes.append(littleEndian: UInt32(name.count))
      bytes += name
    case 7:
      minimum = 32
      for value in [total, free, free] { bytes.append(littleEndian: value) }
      bytes.append(littleEndian: UInt32(cluster / Self.sectorSize))
      bytes.append(littleEndian: UInt32(Self.sectorSize))
    default: throw Unmodelled("querying volume information of class \(number)")
    }
    return try answer(request, bytes, atLeast: minimum)
  }
}

/// What can be asked about a file: `FILE_INFORMATION_CLASS`.
enum FileInformationClass: UInt32 {
  case basic = 4
  case standard = 5
  case `internal` = 6
  case ea = 7
  case name = 9
  case position = 14
  case all = 18
  case stream = 22
  case networkOpen = 34
  case attributeTag = 35

  /// The bytes of the structure without what a name adds.
  var minimumSize: Int {
    switch self {
    case .basic: 40
    case .standard, .stream: 24
    case .internal, .position, .attributeTag: 8
    case .ea: 4
    case .name: 8
    case .all: 104
    case .networkOpen: 56
    }
  }
}
