internal import GuestABI
internal import NTStructures

/// The file system of the system's volume: a small NTFS in memory, which is empty but for what a run
/// puts there.
///
/// It is a driver like any other, `\FileSystem\Ntfs`: requests reach it as IRPs, and drivers can attach
/// devices above its volume device.
final class MemoryVolume: HostedDriver {
  /// The bytes that files may hold in all.
  static var capacity: Int { 64 << 20 }
  /// The files and directories that the volume may have.
  static var entryLimit: Int { 4096 }
  /// The bytes of a sector, at whose multiples transfers without a cache begin and end.
  static var sectorSize: Int { 512 }
  /// The volume's serial number; any number is as good.
  static var serialNumber: UInt32 { 0x4C4F_434B }

  unowned let io: IoManager
  var nodes: [UInt64: VolumeNode] = [:]
  /// What is open, by its file object.
  var opens: [VirtualAddress: VolumeOpen] = [:]
  /// The locked ranges of files, by their numbers.
  var locks: [UInt64: RangeLocks] = [:]
  var usedBytes = 0
  private var nextID: UInt64 = 5

  /// Creates a volume with an empty root.
  init(_ io: IoManager) {
    self.io = io
    _ = makeNode("", in: 0, isDirectory: true, attributes: 0x06)
  }

  var memory: AddressSpace { io.memory }
  var time: Int64 { Int64(clamping: io.dispatcher.systemTime) }

  /// The number of the root, which is 5 on an NTFS volume.
  static var rootID: UInt64 { 5 }

  var root: VolumeNode { node(Self.rootID) }

  /// Returns a file that is known to be there.
  func node(_ id: UInt64) -> VolumeNode {
    nodes[id]
      ?? VolumeNode(id: id, name: "", parent: 0, isDirectory: false, attributes: 0, time: 0)
  }

  /// Makes a file or a directory.
  func makeNode(
    _ name: String,
    in parent: UInt64,
    isDirectory: Bool,
    attributes: UInt32
  ) -> VolumeNode {
    let node = VolumeNode(
      id: nextID,
      name: name,
      parent: parent,
      isDirectory: isDirectory,
      attributes: attributes,
      time: time
    )
    // The numbers below 16 are the file system's own.
    nextID = nextID == Self.rootID ? 16 : nextID + 1
    nodes[node.id] = node
    nodes[parent]?.children[ObjectName(name)] = node.id
    return node
  }

  /// Removes a file from its directory, and forgets it.
  func removeNode(_ node: VolumeNode) {
    nodes[node.parent]?.children[ObjectName(node.name)] = nil
    nodes[node.parent]?.times.write = time
    usedBytes -= node.data.count
    nodes[node.id] = nil
    locks[node.id] = nil
  }

  /// Returns the path of a file from the root.
  func path(of node: VolumeNode) -> String {
    var parts: [String] = []
    var next: VolumeNode? = node
    while let current = next, current.id != Self.rootID {
      parts.append(current.name)
      next = nodes[current.parent]
    }
    return "\\" + parts.reversed().joined(separator: "\\")
  }

  // Requests

  /// What a request comes to.
  struct Outcome {
    var status: NTStatus
    var information: UInt64 = 0

    static func failed(_ status: NTStatus) -> Self { Self(status: status) }
    static func done(_ information: Int = 0) -> Self {
      Self(status: .success, information: UInt64(information))
    }
  }

  func dispatch(
    _ device: GuestPointer<DeviceObject>,
    _ irp: GuestPointer<IRP>
  ) throws -> Completion {
    let request = VolumeRequest(irp: irp, location: try memory[irp].currentStackLocation)
    let outcome: Outcome
    do {
      outcome = try self.outcome(of: request)
    } catch let raised as RaisedStatus {
      outcome = .failed(raised.status)
    }
    return try io.complete(irp, outcome.status, information: outcome.information)
  }

  private func outcome(of request: VolumeRequest) throws -> Outcome {
    let number = try memory[request.location].majorFunction
    guard let function = MajorFunction(rawValue: number) else {
      return .failed(.invalidDeviceRequest)
    }
    switch function {
    case .create: return try create(request)
    case .cleanup: return try cleanUp(request)
    case .close: return try close(request)
    case .read: return try read(request)
    case .write: return try write(request)
    case .queryInformation: return try queryInformation(request)
    case .setInformation: return try setInformation(request)
    case .queryVolumeInformation: return try queryVolume(request)
    case .directoryControl: return try directoryControl(request)
    case .flushBuffers: return .done()
    case .lockControl: return try lockControl(request)
    case .fileSystemControl: return try fileSystemControl(request)
    default: throw Unmodelled("\\FileSystem\\Ntfs: major function \(number)")
    }
  }

  /// Returns what a request's file object has open.
  func open(of request: VolumeRequest) throws -> VolumeOpen? {
    try opens[memory[request.location].fileObject.address]
  }
}

/// A request of the file system's.
struct VolumeRequest {
  let irp: GuestPointer<IRP>
  let location: GuestPointer<IOStackLocation>
}

/// A file object on the volume.
final class VolumeOpen {
  /// The file that is open, or nil for the volume itself.
  let node: UInt64?
  /// What the file's file objects share.
  let control: FileControlBlock?
  /// What was asked for: an `ACCESS_MASK`.
  let access: UInt32
  let sharing: SharingCounts.Mode
  let deletesOnClose: Bool
  /// The `CCB`, a block of pool that only tells open files apart.
  let context: VirtualAddress
  /// Whether the last handle is closed.
  var isCleanedUp = false
  /// What an enumeration of the directory looks for, once one has begun.
  var pattern: [UInt16]?
  /// The entries that have been returned.
  var position = 0

  init(
    node: UInt64?,
    control: FileControlBlock?,
    access: UInt32,
    sharing: SharingCounts.Mode,
    deletesOnClose: Bool,
    context: VirtualAddress
  ) {
    self.node = node
    self.control = control
    self.access = access
    self.sharing = sharing
    self.deletesOnClose = deletesOnClose
    self.context = context
  }
}
