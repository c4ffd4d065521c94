/// A kernel driver's image file: PE32 for x86 or PE32+ for x64.
///
/// An image is hostile input: nothing in the file is trusted, and what NT's own loader would stumble
/// on is refused with a ``PortableExecutableError``. The fields of ``header`` can be read from the
/// image itself, as in `image.entryPoint`.
///
/// Facts about the format are from the Microsoft PE/COFF specification unless another source is
/// named.
@dynamicMemberLookup
public struct Image: Sendable {
  /// What the file header and the optional header say.
  public let header: ImageHeader

  /// The sections, in ascending order of their addresses.
  public let sections: [Section]

  /// The modules that the driver imports from, in the order in which the loader takes them.
  public let imports: [ImportedModule]

  /// What the driver exports, or `nil` when it has no export directory.
  public let exports: ExportTable?

  /// The places that hold addresses, in the order in which the loader corrects them.
  public let relocations: [BaseRelocation]

  /// The x64 function table (`.pdata`), or `nil` when there is none.
  public let exceptionTable: DataDirectory?

  /// The PDB file that the linker wrote, or `nil` when the image does not name one.
  public let pdb: PDBReference?

  /// Whether the image has a TLS directory.
  ///
  /// NT's kernel loader ignores that directory. An image whose directory would have an effect in a
  /// process, by a callback or thread-local data, is refused: its authors count on what never happens.
  public let hasThreadLocalStorage: Bool

  /// Where the cookie is that the compiler's checks of the stack compare, if the image names its place.
  public let securityCookie: RVA?

  let file: ByteReader
  let memory: ByteReader

  /// Reads and checks an image file.
  public init(parsing bytes: [UInt8]) throws(PortableExecutableError) {
    file = ByteReader(bytes: bytes, space: .file)
    header = try ImageHeader(parsing: file)
    sections = try Section.parse(file, header)
    memory = Self.copyIntoMemory(file, header, sections)
    var budget = TableBudget(fileSize: bytes.count)
    imports = try ImportedModule.parse(memory, header, &budget)
    exports = try ExportTable(parsing: memory, header, &budget)
    relocations = try BaseRelocation.parse(memory, header, fileSize: bytes.count)
    exceptionTable =
      header.machine == .amd64
      ? try header.checkedDirectory(.exceptions, in: "the exception table") : nil
    hasThreadLocalStorage = try Self.checkThreadLocalStorage(memory, header)
    securityCookie = Self.securityCookie(memory, header)
    pdb = PDBReference(parsing: file, memory, header)
  }

  /// What the file holds.
  public var fileBytes: [UInt8] { file.bytes }

  /// Reads a field of the header.
  public subscript<Value>(dynamicMember member: KeyPath<ImageHeader, Value>) -> Value {
    header[keyPath: member]
  }
}

extension Image {
  /// The largest image in memory that Lockstep accepts, in bytes.
  public static let maximumSize: UInt32 = 64 << 20

  /// The most sections that NT accepts (Microsoft PE/COFF specification, "COFF File Header").
  public static let maximumNumberOfSections = 96

  /// Whether the image carries DWARF debug information, as MinGW's compilers write it.
  public var hasDWARF: Bool {
    sections.contains { $0.name == ".debug_info" || $0.name == ".zdebug_info" }
  }

  /// Returns the section that an address lies in.
  public func section(at address: RVA) -> Section? {
    sections.first { $0.range.contains(address) }
  }
}

extension Image: CustomStringConvertible {
  /// One line that identifies the image, not its bytes.
  public var description: String {
    let format = header.machine == .i386 ? "PE32 image for x86" : "PE32+ image for x64"
    return "\(format), \(sections.count) sections, \(hex(header.sizeOfImage)) bytes in memory"
  }
}
