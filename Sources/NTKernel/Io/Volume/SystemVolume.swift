internal import GuestABI
internal import NTStructures

/// What the system's volume is called on a release.
struct VolumeNames: Sendable {
  /// The storage device, as `\Device\HarddiskVolume1`.
  let device: String
  /// Another name of the device, or nil.
  let alias: String?
  /// The directory that the system is in, as `Windows`.
  let systemDirectory: String
}

/// The system's volume: its storage device, the file system that is mounted on it, and their names.
///
/// They are made when a driver first looks for one of them.
final class SystemVolume: LateObjectSource {
  private unowned let io: IoManager
  private let names: VolumeNames
  private let dosDirectory: String
  private let disk = StorageDriver()
  private(set) var volume: MemoryVolume?
  /// The files that are on the volume once it is made: the drivers that were loaded.
  private var driverFiles: [(name: String, bytes: [UInt8])] = []

  /// Creates a volume that has not been looked for.
  init(_ io: IoManager, _ names: VolumeNames) {
    self.io = io
    self.names = names
    dosDirectory =
      switch io.objects.behaviour.dosDevices {
      case .directory: "\\DosDevices"
      case .questionMarks: "\\??"
      case .global: "\\GLOBAL??"
      }
    io.objects.lateObjects.append(self)
  }

  /// Returns the file system's own device, `\Ntfs`.
  func controlDevice() throws -> GuestPointer<DeviceObject> {
    guard let object = try io.objects.object(at: "\\Ntfs").object else {
      throw Unmodelled("the device of the system's file system")
    }
    return GuestPointer(object.body)
  }

  /// Whether a device is the one that the volume is on.
  func isDevice(_ address: VirtualAddress) throws -> Bool {
    try io.objects.object(at: names.device).object?.body == address
  }

  func makeObjects(for name: ObjectName, in directory: String) throws -> Bool {
    guard volume == nil, Self.isOwn(name, in: directory, dosDirectory) else { return false }
    try make()
    return true
  }

  private static func isOwn(
    _ name: ObjectName,
    in directory: String,
    _ dosDirectory: String
  ) -> Bool {
    switch directory {
    case "\\": name == ObjectName("SystemRoot") || name == ObjectName("Ntfs")
    case "\\Device": name == ObjectName("Harddisk0") || name == ObjectName("HarddiskVolume1")
    case "\\FileSystem": name == ObjectName("Ntfs")
    case dosDirectory: name == ObjectName("C:")
    default: false
    }
  }

  /// Makes the devices, the file system and their names.
  private func make() throws {
    let objects = io.objects
    let memory = io.memory
    let volume = MemoryVolume(io)
    self.volume = volume
    let directory = KernelObject(.directory, payload: .directory([:]))
    _ = try objects.insert(directory, at: "\\Device\\Harddisk0")
    let storage = try io.makeHostedDriver("\\Driver\\Disk", disk)
    // FILE_DEVICE_DISK and FILE_DEVICE_DISK_FILE_SYSTEM.
    let device = try io.makeHostedDevice(of: storage, names.device, type: 7, flags: [.directIO])
    let driver = try io.makeHostedDriver("\\FileSystem\\Ntfs", volume)
    _ = try io.makeHostedDevice(of: driver, "\\Ntfs", type: 8, flags: [])
    let mounted = try io.makeHostedDevice(of: driver, nil, type: 8, flags: [])
    let size = VolumeParameterBlock.size(on: memory.architecture)
    let vpb = GuestPointer<VolumeParameterBlock>(try io.allocate(size, tag: "Vpb "))
    try memory.modify(vpb) { vpb in
      vpb.type = 10
      vpb.size = Int16(size)
      vpb.flags = 1
      vpb.deviceObject = mounted
      vpb.realDevice = device
      vpb.serialNumber = MemoryVolume.serialNumber
      vpb.referenceCount = 1
    }
    // A file system that is mounted lets requests pass on to the storage device.
    try memory[mounted].store(2, in: \.stackSize)
    try memory[device].store(vpb.address, in: \.vpb)
    if let alias = names.alias { try link(alias, to: names.device) }
    try link(dosDirectory + "\\C:", to: names.device)
    try link("\\SystemRoot", to: names.device + "\\" + names.systemDirectory)
    fill(volume)
  }

  private func link(_ name: String, to target: String) throws {
    let status = try io.objects.makeSymbolicLink(at: name, to: SymbolicLink(target))
    guard status.isSuccess else { throw Unmodelled("the name \(name) of the system's volume") }
  }

  /// Makes the directories that drivers count on, and the files of the drivers that are loaded.
  private func fill(_ volume: MemoryVolume) {
    func directory(_ name: String, in parent: VolumeNode) -> VolumeNode {
      volume.makeNode(name, in: parent.id, isDirectory: true, attributes: 0)
    }
    let system = directory(names.systemDirectory, in: volume.root)
    let system32 = directory("System32", in: system)
    let drivers = directory("drivers", in: system32)
    _ = directory("Temp", in: system)
    _ = directory("Temp", in: volume.root)
    for file in driverFiles {
      let node = volume.makeNode(file.name, in: drivers.id, isDirectory: false, attributes: 0x20)
      node.data = file.bytes
      volume.usedBytes += file.bytes.count
    }
    driverFiles = []
  }

  /// Puts a driver's file where drivers are kept.
  func addDriverFile(_ name: String, _ bytes: [UInt8]) {
    guard let volume else { return driverFiles.append((name, bytes)) }
    var place: VolumeNode? = volume.root
    for component in [names.systemDirectory, "System32", "drivers"] {
      place = place?.children[ObjectName(component)].map(volume.node)
    }
    guard let place, place.children[ObjectName(name)] == nil else { return }
    let node = volume.makeNode(name, in: place.id, isDirectory: false, attributes: 0x20)
    node.data = bytes
    volume.usedBytes += bytes.count
  }
}

/// The driver of the storage device, whose sectors are not modelled.
final class StorageDriver: HostedDriver {
  func dispatch(
    _ device: GuestPointer<DeviceObject>,
    _ irp: GuestPointer<IRP>
  ) throws -> Completion {
    throw Unmodelled("a request to the disk that the system's volume is on")
  }
}

extension IoManager {
  /// The file system of the system's own that is mounted on a device, or nil.
  func fileSystem(of object: KernelObject) throws -> MemoryVolume? {
    guard object.body != .null else { return nil }
    let device = GuestPointer<DeviceObject>(object.body)
    let vpb = GuestPointer<VolumeParameterBlock>(try memory[device].vpb)
    guard !vpb.isNull else { return nil }
    let mounted = try memory[vpb].deviceObject
    guard !mounted.isNull else { return nil }
    return try hostedDrivers[memory[mounted].driverObject] as? MemoryVolume
  }
}
