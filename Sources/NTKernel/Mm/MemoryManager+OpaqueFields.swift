internal import GuestABI
internal import NTStructures

extension MemoryManager {
  /// Compares the fields of an MDL that is unmapped with those that it had when it was mapped.
  ///
  /// `Next` is the driver's, and `ByteCount` is lowered by network drivers, with a macro of their headers.
  func checkFields(of mdl: GuestPointer<MDL>, _ mapping: MDLMapping) throws {
    // MmAdvanceMdl moves the start, of which only a mapping in system space takes note.
    guard mapping.mode == .kernel else { return }
    let view = memory[mdl]
    let start = try view.startVA
    let byteOffset = try view.byteOffset
    let buffer = mapping.buffer + mapping.passedByteCount
    var field: String?
    if byteOffset > 0xFFF || start.offsetInPage != 0 || start + Int(byteOffset) != buffer {
      field = start.pageNumber == buffer.pageNumber ? "ByteOffset" : "StartVa"
    } else if try view.flags.contains(.mappedToSystemVA),
      try self.mapping(at: view.mappedSystemVA)?.mdl != mdl.address
    {
      field = "MappedSystemVa"
    }
    if let field { reportWritten(field, of: mdl, "it was mapped", mapping) }
  }

  /// Tells of an address that is unmapped, but is not the one that the driver got, nor the MDL's.
  ///
  /// Whether a release takes it is not established (KD-069).
  func checkAddress(_ address: VirtualAddress, _ mdl: GuestPointer<MDL>, _ mapping: MDLMapping)
    throws
  {
    guard address != mapping.returned else { return }
    if mapping.mode == .kernel, try memory[mdl].mappedSystemVA == address { return }
    report(
      .unmapAddress,
      "\(address) is unmapped with the MDL at \(mdl.address), but the routine that mapped it "
        + "returned \(mapping.returned)",
      mapping
    )
  }

  /// Compares the page frame numbers of an MDL that is unlocked with those that were locked.
  func checkFrames(of mdl: GuestPointer<MDL>, _ lock: LockedPages) throws {
    var place = MDL.pageFrames(of: mdl, on: memory.architecture)
    for frame in lock.frames {
      let number = try memory.load(GuestWord.self, at: place)
      guard number.rawValue == UInt64(frame) else {
        return reportWritten("array of page frame numbers", of: mdl, "its pages were locked", nil)
      }
      place = place + memory.architecture.pointerSize
    }
  }

  private func reportWritten(
    _ field: String,
    of mdl: GuestPointer<MDL>,
    _ moment: String,
    _ mapping: MDLMapping?
  ) {
    report(
      .fieldWritten,
      "the \(field) of the MDL at \(mdl.address) was written after \(moment)",
      mapping,
      about: mdl.address
    )
  }
}
