internal import GuestABI
internal import NTStructures

/// What drivers are told of a process that starts, or is about to.
///
/// The corresponding C type is `PS_CREATE_NOTIFY_INFO`.
struct ProcessCreation: GuestStructure {
  let size = Field<GuestWord>(x86: 0x00, x64: 0x00)
  /// Bit 0: the name is the one with which the program was opened.
  let flags = Field<UInt32>(x86: 0x04, x64: 0x08)
  let parentProcessID = Field<GuestWord>(x86: 0x08, x64: 0x10)
  let creatingProcessID = Field<GuestWord>(x86: 0x0C, x64: 0x18)
  let creatingThreadID = Field<GuestWord>(x86: 0x10, x64: 0x20)
  let fileObject = Field<VirtualAddress>(x86: 0x14, x64: 0x28)
  let imageFileName = Field<VirtualAddress>(x86: 0x18, x64: 0x30)
  let commandLine = Field<VirtualAddress>(x86: 0x1C, x64: 0x38)
  let creationStatus = Field<NTStatus>(x86: 0x20, x64: 0x40)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x24 : 0x48 }
}

extension SystemNotifications {
  private static var tag: UInt32 { 0x7346_7450 }

  /// Tells the drivers that a process starts, in the thread that makes it, and then of its first thread.
  ///
  /// - Parameters:
  ///   - process: The process.
  ///   - parent: The process that makes it.
  ///   - file: The file object of its program, or null where none can be made.
  ///   - next: What is to be done afterwards.
  /// - Returns: What is to be done first.
  /// - Throws: ``Unmodelled`` if a driver would need the file and there is none.
  func processStarts(
    _ process: Process,
    parent: Process,
    file: VirtualAddress,
    then next: Completion
  ) throws -> Completion {
    let threads = thread(process.thread.id, of: process.id, starts: true, then: next)
    guard processRoutines.contains(where: \.isExtended) else {
      return Self.call(starting(process, parent, .null), 0, then: threads)
    }
    guard file != .null else {
      throw Unmodelled("PsSetCreateProcessNotifyRoutineEx: the file of a program that starts")
    }
    let size = ProcessCreation.size(on: memory.architecture)
    let string = CountedString.size(on: memory.architecture)
    let path = process.imagePath
    let open = "\\??\\" + path
    let total = size + 2 * string + 2 * (open.utf16.count + path.utf16.count + 2)
    guard let block = try manager.allocatePool(total, .paged, tag: Self.tag) else {
      throw Unmodelled("running out of memory for the word of a process")
    }
    try memory.fill(at: block, count: total)
    var place = block + (size + 2 * string)
    for (index, text) in [open, path].enumerated() {
      let bytes = text.littleEndianUTF16
      try memory.store(bytes: bytes + [0, 0], at: place)
      try memory.set(
        GuestPointer<CountedString>(block + (size + index * string)),
        buffer: place,
        length: bytes.count,
        maximumLength: bytes.count + 2
      )
      place = place + (bytes.count + 2)
    }
    let creation = GuestPointer<ProcessCreation>(block)
    try memory.modify(creation) { creation in
      creation.size = GuestWord(size)
      creation.flags = 1
      creation.parentProcessID = GuestWord(parent.id)
      creation.creatingProcessID = GuestWord(parent.id)
      creation.creatingThreadID = GuestWord(parent.thread.id)
      creation.fileObject = file
      creation.imageFileName = block + size
      creation.commandLine = block + (size + string)
      creation.creationStatus = .success
    }
    return Self.call(starting(process, parent, block), 0) { [self] in
      let status = try memory[creation].creationStatus
      try manager.freePool(block)
      guard status.isSuccess else {
        throw Unmodelled("a program that a driver does not let start")
      }
      return threads
    }
  }

  private func starting(
    _ process: Process,
    _ parent: Process,
    _ creation: VirtualAddress
  ) -> [GuestCall] {
    processRoutines.map { entry in
      entry.isExtended
        ? GuestCall(entry.routine, process.body.rawValue, process.id, creation.rawValue)
        : GuestCall(entry.routine, parent.id, process.id, 1)
    }
  }

  /// Tells the drivers that the image of a driver has been mapped, before its `DriverEntry` is called.
  ///
  /// The routines are `PLOAD_IMAGE_NOTIFY_ROUTINE`s: the name, the process (0 for drivers), and an
  /// `IMAGE_INFO`: its properties, of which the mode of addressing is 3 and bit 8 says that it is the
  /// system's; its base, a selector, its size, and a section's number.
  func imageLoads(
    _ path: String,
    _ range: Range<VirtualAddress>,
    then next: Completion
  ) throws -> Completion {
    guard !imageRoutines.isEmpty else { return next }
    let width = memory.architecture.pointerSize
    let string = CountedString.size(on: memory.architecture)
    let bytes = path.littleEndianUTF16
    let total = string + 5 * width + 8 + bytes.count + 2
    guard let block = try manager.allocatePool(total, .paged, tag: Self.tag) else {
      throw Unmodelled("running out of memory for the word of an image")
    }
    try memory.fill(at: block, count: total)
    let information = block + string
    let text = information + (5 * width + 8)
    try memory.store(bytes: bytes, at: text)
    try memory.set(
      GuestPointer<CountedString>(block),
      buffer: text,
      length: bytes.count,
      maximumLength: bytes.count + 2
    )
    let size = range.upperBound.rawValue - range.lowerBound.rawValue
    try memory.store(UInt32(0x103), at: information)
    try memory.store(range.lowerBound, at: information + width)
    try memory.store(GuestWord(size), at: information + 3 * width)
    let calls = imageRoutines.map { GuestCall($0, block.rawValue, 0, information.rawValue) }
    return Self.call(calls, 0) { [self] in
      try manager.freePool(block)
      return next
    }
  }

  /// Makes calls, of which there is one at least.
  private static func call(
    _ calls: [GuestCall],
    _ index: Int,
    then end: @escaping () throws -> Completion
  ) -> Completion {
    .call(calls[index]) { _ in
      index + 1 < calls.count ? call(calls, index + 1, then: end) : try end()
    }
  }
}
