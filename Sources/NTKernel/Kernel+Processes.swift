public import GuestABI
internal import NTStructures

extension Kernel {
  /// Tells the drivers that a process starts which makes requests, in the thread of its parent.
  ///
  /// Where a driver would get the program's file, and there is no volume that has one, the process counts
  /// as older than the driver.
  ///
  /// - Returns: What is to be done first.
  /// - Throws: A `GuestFault` if the kernel's own memory cannot be written.
  public func announceStart(of process: Process) throws -> Completion {
    let needsFile = notifications.processRoutines.contains(where: \.isExtended)
    let file = needsFile ? try programFile() : .null
    guard file != .null || !needsFile else { return .done }
    return try notifications.processStarts(
      process,
      parent: processes.system,
      file: file,
      then: .done
    )
  }

  /// Whether any driver wants to hear of processes or threads that start.
  public var hearsOfProcesses: Bool {
    !notifications.processRoutines.isEmpty || notifications.hearsOfThreads
  }

  /// Makes a file object for the file of a program, or returns null where there is no volume.
  private func programFile() throws -> VirtualAddress {
    let lookup: Lookup
    do {
      lookup = try objects.object(at: "\\Device\\HarddiskVolume1")
    } catch is Unmodelled {
      return .null
    }
    guard let device = lookup.object, device.kind == .device else { return .null }
    let file = try io.makeFile(for: GuestPointer(device.body))
    let text = Process.fileName.littleEndianUTF16
    guard let buffer = try manager.allocatePool(text.count + 2, .paged, tag: 0x656C_6946) else {
      throw Unmodelled("running out of memory for the name of a program")
    }
    try memory.store(bytes: text + [0, 0], at: buffer)
    let name = file.address + (memory.architecture == .x86 ? 0x30 : 0x58)
    try memory.set(
      GuestPointer<CountedString>(name),
      buffer: buffer,
      length: text.count,
      maximumLength: text.count + 2
    )
    return file.address
  }

  /// Tells the drivers that the current process ends, before its handles are closed.
  ///
  /// - Returns: What is to be done first.
  /// - Throws: A `GuestFault` if an APC of the process's thread can no longer be read.
  public func announceExit() throws -> Completion {
    guard let process = processes.process(of: dispatcher.current) else { return .done }
    let end = try dispatcher.runDownAPCs(of: process.thread, then: .done)
    let ends = notifications.processEnds(process, parent: processes.system.id, then: end)
    return notifications.thread(process.thread.id, of: process.id, starts: false, then: ends)
  }

  /// Closes the files that a process which ends has open, which its other handles outlive.
  public func closeFiles(of process: Process) throws -> Completion {
    try files.closeFiles(ofProcess: process.body)
  }
}
