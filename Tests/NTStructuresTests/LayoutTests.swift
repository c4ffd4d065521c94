import GuestABI
import NTReleases
import NTStructures
import Testing

/// A field of any type.
private protocol AnyField {
  func offset(on architecture: Architecture) -> Int
  func size(on architecture: Architecture) -> Int
}

extension Field: AnyField {
  func size(on architecture: Architecture) -> Int { Value.size(on: architecture) }
}

@Suite struct LayoutTests {
  /// A structure, its name in C, and the C names of fields that differ from ours by more than case.
  struct Structure: Sendable, CustomTestStringConvertible {
    let name: String
    let type: any GuestStructure.Type
    var names: [String: String] = [:]
    /// Fields that stand for the start of a structure, and have no size of their own.
    var starts: Set<String> = []

    var testDescription: String { name }
  }

  static let structures = [
    Structure(name: "MDL", type: MDL.self, names: ["flags": "MdlFlags"]),
    Structure(
      name: "IRP",
      type: IRP.self,
      names: [
        "status": "IoStatus.Status", "information": "IoStatus.Information",
        "systemBuffer": "AssociatedIrp.SystemBuffer", "thread": "Tail.Overlay.Thread",
        "listEntry": "Tail.Overlay.ListEntry",
        "currentStackLocation": "Tail.Overlay.CurrentStackLocation",
        "originalFileObject": "Tail.Overlay.OriginalFileObject",
        "allocationSize": "Overlay.AllocationSize",
      ],
      starts: ["listEntry", "threadListEntry"]
    ),
    Structure(
      name: "IO_STACK_LOCATION",
      type: IOStackLocation.self,
      names: [
        "length": "Parameters.Read.Length", "byteOffset": "Parameters.Read.ByteOffset",
        "outputBufferLength": "Parameters.DeviceIoControl.OutputBufferLength",
        "inputBufferLength": "Parameters.DeviceIoControl.InputBufferLength",
        "ioControlCode": "Parameters.DeviceIoControl.IoControlCode",
        "type3InputBuffer": "Parameters.DeviceIoControl.Type3InputBuffer",
        "createOptions": "Parameters.Create.Options",
        "securityContext": "Parameters.Create.SecurityContext",
        "shareAccess": "Parameters.Create.ShareAccess",
        "fileAttributes": "Parameters.Create.FileAttributes",
        "eaLength": "Parameters.Create.EaLength", "key": "Parameters.Read.Key",
        "lockLength": "Parameters.LockControl.Length",
        "informationClass": "Parameters.QueryFile.FileInformationClass",
        "targetFileObject": "Parameters.SetFile.FileObject",
        "replaceIfExists": "Parameters.SetFile.ReplaceIfExists",
        "directoryPattern": "Parameters.QueryDirectory.FileName",
        "directoryClass": "Parameters.QueryDirectory.FileInformationClass",
      ]
    ),
    Structure(
      name: "DEVICE_OBJECT",
      type: DeviceObject.self,
      starts: ["deviceQueue", "dpc", "deviceLock"]
    ),
    Structure(
      name: "DRIVER_OBJECT",
      type: DriverObject.self,
      starts: ["driverName", "majorFunction"]
    ),
    Structure(name: "DRIVER_EXTENSION", type: DriverExtension.self, starts: ["serviceKeyName"]),
    Structure(
      name: "FILE_OBJECT",
      type: FileObject.self,
      starts: ["fileName", "lock", "event"]
    ),
    Structure(name: "VPB", type: VolumeParameterBlock.self, starts: ["volumeLabel"]),
    Structure(name: "SECTION_OBJECT_POINTERS", type: SectionObjectPointers.self),
    Structure(name: "IO_STATUS_BLOCK", type: IOStatusBlock.self),
    Structure(name: "DISPATCHER_HEADER", type: DispatcherHeader.self, starts: ["waitListHead"]),
    Structure(name: "KSEMAPHORE", type: KSemaphore.self),
    Structure(
      name: "KMUTANT",
      type: KMutant.self,
      names: ["isAbandoned": "Abandoned"],
      starts: ["mutantListEntry"]
    ),
    Structure(name: "KTIMER", type: KTimer.self, starts: ["timerListEntry"]),
    Structure(name: "KDPC", type: KDPC.self, starts: ["dpcListEntry"]),
    Structure(name: "FAST_MUTEX", type: FastMutex.self, starts: ["event"]),
    Structure(name: "UNICODE_STRING", type: CountedString.self),
  ]

  /// The facts' field that a label stands for.
  private func field(_ label: String, of structure: Structure) -> String? {
    if let name = structure.names[label] { return name }
    return StructureFacts.fields(of: structure.name).map(\.field)
      .first { $0.lowercased() == label.lowercased() }
  }

  @Test(arguments: structures)
  func `each field lies where the headers have it`(structure: Structure) throws {
    let fields = Mirror(reflecting: structure.type.init()).children
    #expect(!fields.isEmpty)
    for child in fields {
      let label = try #require(child.label)
      let ours = try #require(child.value as? any AnyField, "\(label)")
      let name = try #require(field(label, of: structure), "\(structure.name).\(label) has no fact")
      for architecture in Architecture.allCases {
        let pointerSize = architecture.pointerSize
        #expect(
          ours.offset(on: architecture)
            == StructureFacts.offset(of: structure.name, name, pointerSize: pointerSize),
          "\(structure.name).\(label) \(architecture)"
        )
        if structure.starts.contains(label) { continue }
        #expect(
          ours.size(on: architecture)
            == StructureFacts.size(of: structure.name, name, pointerSize: pointerSize),
          "\(structure.name).\(label) size \(architecture)"
        )
      }
    }
  }

  @Test(arguments: structures, Architecture.allCases)
  func `each structure has the size that the headers give it`(
    structure: Structure,
    architecture: Architecture
  ) {
    let size = StructureFacts.size(of: structure.name, pointerSize: architecture.pointerSize)
    #expect(structure.type.size(on: architecture) == size)
  }

  @Test(arguments: structures, Architecture.allCases)
  func `no field lies outside its structure`(structure: Structure, architecture: Architecture) {
    for child in Mirror(reflecting: structure.type.init()).children {
      guard let field = child.value as? any AnyField else { continue }
      let isStart = structure.starts.contains(child.label ?? "")
      let end = field.offset(on: architecture) + (isStart ? 0 : field.size(on: architecture))
      #expect(end <= structure.type.size(on: architecture), "\(child.label ?? "")")
    }
  }
}
