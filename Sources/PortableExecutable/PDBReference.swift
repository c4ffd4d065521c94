/// The PDB file that a linker wrote beside an image.
public struct PDBReference: Hashable, Sendable {
  /// What tells one PDB file from another of the same name.
  public enum Signature: Hashable, Sendable {
    /// A GUID, as 32 hexadecimal digits; linkers since Visual C++ 7 write it (`RSDS`).
    case guid(String)

    /// A time stamp; earlier linkers write it (`NB10`).
    case timestamp(UInt32)
  }

  /// The path of the PDB file on the machine that built the driver.
  public let path: String

  /// What tells the file from others of the same name.
  public let signature: Signature

  /// How often the PDB file had been written to.
  public let age: UInt32

  /// The name of the file's folder on a symbol server.
  public var symbolServerKey: String {
    switch signature {
    case .guid(let digits): digits + String(age, radix: 16, uppercase: true)
    case .timestamp(let time): padded(time, to: 8) + String(age, radix: 16, uppercase: true)
    }
  }
}

extension PDBReference {
  /// Finds the first CodeView record in the debug directory.
  ///
  /// NT does not read debug information when it loads a driver, so whatever is wrong with it is no
  /// reason to refuse the image: the reference is just missing then.
  init?(parsing file: ByteReader, _ memory: ByteReader, _ header: ImageHeader) {
    guard let directory = header.directory(.debug) else { return nil }
    let count = min(Int(directory.size) / 28, Self.longestDirectory)
    for index in 0..<count {
      let entry = directory.address.offset + 28 * index
      guard (try? memory.uint32(at: entry + 12, in: "")) == Self.codeViewType,
        let address = try? memory.uint32(at: entry + 20, in: ""),
        let offset = try? memory.uint32(at: entry + 24, in: "")
      else { continue }
      let record = offset != 0 ? (file, Int(offset)) : (memory, Int(address))
      if let found = try? Self(codeView: record.0, at: record.1) {
        self = found
        return
      }
    }
    return nil
  }

  /// Reads a record (LLVM documentation, "The PDB Info Stream"; ReactOS, `cvconst.h`).
  private init(codeView reader: ByteReader, at start: Int) throws(PortableExecutableError) {
    let title = "the CodeView record"
    switch try reader.uint32(at: start, in: title) {
    case 0x5344_5352:
      let first = padded(try reader.uint32(at: start + 4, in: title), to: 8)
      let second = padded(try reader.uint16(at: start + 8, in: title), to: 4)
      let third = padded(try reader.uint16(at: start + 10, in: title), to: 4)
      var digits = first + second + third
      for offset in 12..<20 {
        digits += padded(try reader.byte(at: start + offset, in: title), to: 2)
      }
      signature = .guid(digits)
      age = try reader.uint32(at: start + 20, in: title)
      path = try reader.string(at: start + 24, in: title)
    case 0x3031_424E:
      signature = .timestamp(try reader.uint32(at: start + 8, in: title))
      age = try reader.uint32(at: start + 12, in: title)
      path = try reader.string(at: start + 16, in: title)
    case let format:
      throw .unsupported("\(title) has the format \(hex(format))")
    }
  }

  private static let codeViewType: UInt32 = 2
  private static let longestDirectory = 64
}

private func padded(_ value: some UnsignedInteger, to count: Int) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, count - digits.count)) + digits
}
