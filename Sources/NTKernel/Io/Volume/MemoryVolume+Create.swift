internal import GuestABI
internal import NTStructures

/// What a file's file objects share in the guest's memory.
struct FileControlBlock {
  /// An `FSRTL_COMMON_FCB_HEADER`, as far as its sizes go.
  let header: VirtualAddress
  let sectionPointers: GuestPointer<SectionObjectPointers>
}

extension MemoryVolume {
  /// What a create request asks for.
  private struct Creation {
    let file: GuestPointer<FileObject>
    let disposition: UInt32
    let options: CreateOptions
    let access: UInt32
    let share: UInt32
    let attributes: UInt32
    /// Whether the name ends in a separator.
    var namesDirectory = false
  }

  /// Carries out `IRP_MJ_CREATE`.
  func create(_ request: VolumeRequest) throws -> Outcome {
    let view = memory[request.location]
    let file = try view.fileObject
    let context = try view.securityContext
    let access: UInt32 = try memory.load(at: context + 2 * memory.architecture.pointerSize)
    let bits = try view.createOptions
    var creation = Creation(
      file: file,
      disposition: bits >> 24,
      options: CreateOptions(rawValue: bits & 0xFF_FFFF),
      access: access,
      share: UInt32(try view.shareAccess),
      attributes: UInt32(try view.fileAttributes)
    )
    guard try view.eaLength == 0 else { throw Unmodelled("creating a file with attributes") }
    guard creation.disposition <= 5 else { return .failed(.invalidParameter) }
    guard !creation.options.contains(.openByFileID) else {
      throw Unmodelled("opening a file by its number")
    }
    // SL_OPEN_TARGET_DIRECTORY.
    guard try view.flags & 4 == 0 else { throw Unmodelled("opening a file's directory") }
    var name = try memory.text(of: GuestPointer(memory[file].address(of: \.fileName)))
    let related = try memory[file].relatedFileObject
    if name.isEmpty, related.isNull { return try openVolume(creation) }
    var start = root
    if related.isNull {
      guard name.isAbsolutePath else { return .failed(.objectNameInvalid) }
      name.unicodeScalars.removeFirst()
    } else {
      guard let open = opens[related.address], let id = open.node else {
        return .failed(.invalidParameter)
      }
      start = node(id)
      guard name.isEmpty || start.isDirectory else {
        throw Unmodelled("a name relative to a file that is no directory")
      }
    }
    if name.utf16.last == 0x5C {
      name.unicodeScalars.removeLast()
      creation.namesDirectory = true
      if name.isEmpty { return .failed(.objectNameInvalid) }
    }
    if name.isEmpty { return try openExisting(start, creation) }
    switch try parent(of: name, from: start) {
    case .failed(let status): return .failed(status)
    case .done(let (directory, last)):
      if let id = directory.children[ObjectName(last)] {
        return try openExisting(node(id), creation)
      }
      return try make(last, in: directory, creation)
    }
  }

  /// Follows a relative path up to its last component.
  ///
  /// - Throws: ``Unmodelled`` for a file that a real machine has and this volume has not.
  func parent(
    of name: String,
    from start: VolumeNode
  ) throws -> Attempt<(directory: VolumeNode, last: String)> {
    let components = name.split(separator: "\\", omittingEmptySubsequences: false)
    guard components.count <= 128 else { return .failed(.objectNameInvalid) }
    for component in components {
      if let status = try failure(ofName: component) { return .failed(status) }
    }
    var directory = start
    for (index, component) in components.enumerated() {
      guard directory.isDirectory else { return .failed(.objectPathNotFound) }
      let isLast = index == components.count - 1
      let found = directory.children[ObjectName(component)]
      if found == nil, SystemFiles.isMissing(component, in: path(of: directory)) {
        let place = path(of: directory)
        throw Unmodelled(
          "the file \(place == "\\" ? "" : place)\\\(component) of the system's volume"
        )
      }
      if isLast { return .done((directory, String(component))) }
      guard let found else { return .failed(.objectPathNotFound) }
      directory = node(found)
    }
    return .failed(.objectNameInvalid)
  }

  /// Returns why a component cannot be a file's name, or nil.
  private func failure(ofName name: Substring) throws -> NTStatus? {
    guard !name.isEmpty, name.utf16.count <= 255 else { return .objectNameInvalid }
    if name.utf16.contains(0x3A) { throw Unmodelled("a stream of a file") }
    let reserved: Set<UInt16> = [0x22, 0x2A, 0x2F, 0x3C, 0x3E, 0x3F, 0x7C]
    return name.utf16.contains { $0 < 0x20 || reserved.contains($0) } ? .objectNameInvalid : nil
  }

  private func openVolume(_ creation: Creation) throws -> Outcome {
    guard creation.disposition == 1 || creation.disposition == 3 else {
      return .failed(.accessDenied)
    }
    guard !creation.options.contains(.directory) else { return .failed(.notADirectory) }
    guard !creation.options.contains(.deleteOnClose) else { return .failed(.cannotDelete) }
    try adopt(creation, nil)
    return .done(1)
  }

  private func openExisting(_ node: VolumeNode, _ creation: Creation) throws -> Outcome {
    guard !node.isDeletePending else { return .failed(.deletePending) }
    let overwrites = [0, 4, 5].contains(creation.disposition)
    guard creation.disposition != 2 else { return .failed(.objectNameCollision) }
    if node.isDirectory {
      guard !creation.options.contains(.nonDirectory) else { return .failed(.fileIsADirectory) }
      guard !overwrites else {
        return .failed(
          creation.options.contains(.directory) ? .invalidParameter : .objectNameCollision
        )
      }
    } else {
      guard !creation.options.contains(.directory) else { return .failed(.notADirectory) }
      guard !creation.namesDirectory else { return .failed(.objectNameInvalid) }
    }
    if creation.options.contains(.deleteOnClose) {
      guard !node.isReadOnly, node.id != Self.rootID else { return .failed(.cannotDelete) }
    }
    // Hidden and system files are overwritten only by who knows that they are.
    let hidden = node.attributes & 6 & ~creation.attributes
    guard !overwrites || (!node.isReadOnly && hidden == 0) else { return .failed(.accessDenied) }
    guard node.isDirectory || !node.isReadOnly || creation.access & 6 == 0 else {
      return .failed(.accessDenied)
    }
    let wanted = SharingCounts.Mode(
      access: creation.access | (overwrites ? 2 : 0),
      share: creation.share
    )
    guard node.sharing.allows(wanted) else { return .failed(.sharingViolation) }
    if overwrites {
      usedBytes -= node.data.count
      node.data = []
      let new = creation.attributes & 0x27 | 0x20
      node.attributes = creation.disposition == 0 ? new : node.attributes | new
      (node.times.write, node.times.change) = (time, time)
    }
    try adopt(creation, node)
    try publishSizes(of: node)
    switch creation.disposition {
    case 0: return .done(0)
    case 4, 5: return .done(3)
    default: return .done(1)
    }
  }

  private func make(
    _ name: String,
    in directory: VolumeNode,
    _ creation: Creation
  ) throws -> Outcome {
    // FILE_OPEN and FILE_OVERWRITE.
    guard creation.disposition != 1, creation.disposition != 4 else {
      return .failed(.objectNameNotFound)
    }
    guard !directory.isDeletePending else { return .failed(.deletePending) }
    let isDirectory = creation.options.contains(.directory)
    guard !isDirectory || [2, 3].contains(creation.disposition) else {
      return .failed(.invalidParameter)
    }
    guard isDirectory || !creation.namesDirectory else { return .failed(.objectNameInvalid) }
    guard nodes.count < Self.entryLimit else { return .failed(.diskFull) }
    let isReadOnly = creation.attributes & 1 != 0
    guard !isReadOnly || !creation.options.contains(.deleteOnClose) else {
      return .failed(.cannotDelete)
    }
    let node = makeNode(
      name,
      in: directory.id,
      isDirectory: isDirectory,
      attributes: creation.attributes & 0x27 | (isDirectory ? 0 : 0x20)
    )
    directory.times.write = time
    try adopt(creation, node)
    return .done(2)
  }

  /// Joins a file object with a file, or with the volume.
  private func adopt(_ creation: Creation, _ node: VolumeNode?) throws {
    let mode =
      node == nil
      ? SharingCounts.Mode()
      : SharingCounts.Mode(access: creation.access, share: creation.share)
    let control = try node.map(controlBlock(of:))
    let context = try io.allocate(0x20, tag: "NtfC")
    opens[creation.file.address] = VolumeOpen(
      node: node?.id,
      control: control,
      access: creation.access,
      sharing: mode,
      deletesOnClose: creation.options.contains(.deleteOnClose),
      context: context
    )
    if let node {
      node.openCount += 1
      node.sharing.add(mode)
    }
    try memory.modify(creation.file) { file in
      file.fsContext = control?.header ?? context
      file.fsContext2 = context
      file.sectionObjectPointer = control?.sectionPointers ?? GuestPointer(.null)
      file.readAccess = mode.reads
      file.writeAccess = mode.writes
      file.deleteAccess = mode.deletes
      file.sharedRead = mode.sharesRead
      file.sharedWrite = mode.sharesWrite
      file.sharedDelete = mode.sharesDelete
    }
  }

  private func controlBlock(of node: VolumeNode) throws -> FileControlBlock {
    if let control = node.control { return control }
    let header = try io.allocate(0x60, tag: "NtfF")
    let control = FileControlBlock(header: header, sectionPointers: GuestPointer(header + 0x40))
    // NodeTypeCode and NodeByteSize: NTFS_NTC_FCB is its own affair.
    try memory.store(UInt16(0x702), at: header)
    try memory.store(UInt16(0x60), at: header + 2)
    node.control = control
    try publishSizes(of: node)
    return control
  }

  /// Stores a file's sizes in the header that filters look at.
  func publishSizes(of node: VolumeNode) throws {
    guard let header = node.control?.header else { return }
    let place = header + (memory.architecture == .x86 ? 0x10 : 0x18)
    try memory.store(Int64(node.allocatedByteCount), at: place)
    try memory.store(Int64(node.data.count), at: place + 8)
    try memory.store(Int64(node.data.count), at: place + 16)
  }

  /// Carries out `IRP_MJ_CLEANUP`: the last handle is closed.
  func cleanUp(_ request: VolumeRequest) throws -> Outcome {
    let file = try memory[request.location].fileObject
    try cleanUp(file)
    return .done()
  }

  /// Lets go of what a file object keeps others from doing, and deletes a file that is to be deleted.
  func cleanUp(_ file: GuestPointer<FileObject>) throws {
    guard let open = opens[file.address], !open.isCleanedUp else { return }
    open.isCleanedUp = true
    // FO_CLEANUP_COMPLETE.
    try memory[file].store(memory[file].flags | 0x4000, in: \.flags)
    guard let id = open.node, let node = nodes[id] else { return }
    node.openCount -= 1
    node.sharing.remove(open.sharing)
    locks[id]?.removeAll(file: file.address.rawValue)
    if open.deletesOnClose, !node.isDirectory || node.children.isEmpty {
      node.isDeletePending = true
    }
    if node.isDeletePending, node.openCount == 0 { removeNode(node) }
  }

  /// Carries out `IRP_MJ_CLOSE`: the last reference to the file object is gone.
  func close(_ request: VolumeRequest) throws -> Outcome {
    try close(memory[request.location].fileObject)
    return .done()
  }

  /// Forgets a file object.
  func close(_ file: GuestPointer<FileObject>) throws {
    try cleanUp(file)
    guard let open = opens.removeValue(forKey: file.address) else { return }
    try io.manager.freePool(open.context)
    let isLast = !opens.values.contains { $0.node == open.node }
    if let control = open.control, isLast, let id = open.node, nodes[id] == nil {
      try io.manager.freePool(control.header)
    }
  }
}

/// How a file is to be opened: `FILE_…` create options.
struct CreateOptions: OptionSet {
  let rawValue: UInt32

  static var directory: Self { Self(rawValue: 0x01) }
  static var writeThrough: Self { Self(rawValue: 0x02) }
  static var sequentialOnly: Self { Self(rawValue: 0x04) }
  static var noIntermediateBuffering: Self { Self(rawValue: 0x08) }
  static var synchronousAlert: Self { Self(rawValue: 0x10) }
  static var synchronousNonAlert: Self { Self(rawValue: 0x20) }
  static var nonDirectory: Self { Self(rawValue: 0x40) }
  static var randomAccess: Self { Self(rawValue: 0x800) }
  static var deleteOnClose: Self { Self(rawValue: 0x1000) }
  static var openByFileID: Self { Self(rawValue: 0x2000) }

  /// `FILE_SYNCHRONOUS_IO_ALERT` or `FILE_SYNCHRONOUS_IO_NONALERT`.
  var isSynchronous: Bool { !isDisjoint(with: [.synchronousAlert, .synchronousNonAlert]) }
}
