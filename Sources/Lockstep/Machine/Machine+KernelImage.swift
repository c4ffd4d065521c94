internal import GuestABI
internal import NTKernel
internal import NTReleases

extension Machine {
  /// Takes note of the images of the kernel and the HAL, and makes them readable when they are looked at.
  func addSystemImages() throws {
    for (name, image) in [("ntoskrnl.exe", layout.kernel), ("hal.dll", layout.hal)] {
      try kernel.modules.add(
        name,
        path: kernel.modules.path(ofSystemImage: name),
        range: image.range,
        entryPoint: .null,
        checksum: 0
      )
    }
    manager.watch(layout.kernel.range.lowerBound) { [unowned self] in
      try makeReadable(layout.kernel, .kernel, "ntoskrnl.exe")
    }
    manager.watch(layout.hal.range.lowerBound) { [unowned self] in
      try makeReadable(layout.hal, .hal, "hal.dll")
    }
  }

  /// Makes an image one that a driver can read: headers and an export directory.
  ///
  /// Drivers that look for an image's `MZ` and walk its export table find what the release exports.
  /// That is rare and costs time, so it happens at the first look at the headers.
  private func makeReadable(
    _ image: MachineLayout.SystemImage,
    _ module: ExportModule,
    _ fileName: String
  ) throws {
    let platform = configuration.architecture.platform
    let names = ExportHistory.names(in: module, by: configuration.release, on: platform)
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let base = image.range.lowerBound
    let start = Int(image.exportDirectory.lowerBound.rawValue - base.rawValue)
    var functions: [UInt32] = []
    var nameAddresses: [UInt32] = []
    var text: [UInt8] = Array(fileName.utf8) + [0]
    let tables = start + 40
    let strings = tables + names.count * 10
    for name in names {
      let record = ExportHistory.record(of: name, in: module)
      if let forward = record?.forward(in: configuration.release, on: platform) {
        // An address within the directory is that of the name to go on with.
        functions.append(UInt32(strings + text.count))
        text += Array("ntoskrnl.\(forward.target)".utf8) + [0]
      } else {
        let address = try self.names.address(of: name, in: module)
        functions.append(UInt32(truncatingIfNeeded: address.rawValue &- base.rawValue))
      }
      nameAddresses.append(UInt32(strings + text.count))
      text += Array(name.utf8) + [0]
    }
    let count = UInt32(names.count)
    // IMAGE_EXPORT_DIRECTORY: name, base, the counts, then the three tables.
    let directory: [UInt32] = [
      0, 0, 0, UInt32(strings), 1, count, count, UInt32(tables), UInt32(tables) + 4 * count,
      UInt32(tables) + 8 * count,
    ]
    var bytes: [UInt8] = []
    for word in directory + functions + nameAddresses { bytes += littleEndian(word) }
    for ordinal in 0..<names.count { bytes += littleEndian(UInt32(ordinal)).prefix(2) }
    bytes += text
    let pageCount = (bytes.count + 4095) / 4096
    guard image.exportDirectory.lowerBound + pageCount * 4096 <= image.exportDirectory.upperBound
    else { throw Unmodelled("an export directory of \(bytes.count) bytes") }
    try manager.mapKernelPages(pageCount, at: image.exportDirectory.lowerBound)
    try memory.store(bytes: bytes, at: image.exportDirectory.lowerBound)
    let header = SystemImageHeader(
      image: image,
      isDLL: module == .hal,
      release: configuration.release,
      architecture: configuration.architecture
    )
    try memory.store(bytes: header.bytes(directorySize: bytes.count), at: base)
  }

  private func littleEndian(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }
}
