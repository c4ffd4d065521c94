public import GuestABI
internal import NTStructures

extension Registry {
  /// The routines that drivers import to work with the registry through paths.
  public var runtimeExports: [Export] {
    [
      export("RtlCheckRegistryKey") { [self] (relativeTo: UInt32, path: VirtualAddress) in
        try withKey(relativeTo: relativeTo, path, "RtlCheckRegistryKey") { _ in .success }
      },
      export("RtlCreateRegistryKey") { [self] (relativeTo: UInt32, path: VirtualAddress) in
        try withKey(relativeTo: relativeTo, path, creates: true, "RtlCreateRegistryKey") { _ in
          .success
        }
      },
      export("RtlDeleteRegistryValue") {
        [self]
        (relativeTo: UInt32, path: VirtualAddress, name: VirtualAddress) in
        let name = try terminatedText(at: name)
        return try withKey(relativeTo: relativeTo, path, "RtlDeleteRegistryValue") {
          try deleteValue($0, name)
        }
      },
      export("RtlWriteRegistryValue") {
        [self]
        (
          relativeTo: UInt32,
          path: VirtualAddress,
          name: VirtualAddress,
          type: UInt32,
          data: VirtualAddress,
          length: UInt32
        ) in
        let routine = "RtlWriteRegistryValue"
        let name = try terminatedText(at: name)
        return try withKey(relativeTo: relativeTo, path, creates: true, routine) {
          try setValue($0, name, type, data, length, routine)
        }
      },
      export("RtlQueryRegistryValues") {
        [self]
        (
          relativeTo: UInt32,
          path: VirtualAddress,
          table: GuestPointer<QueryTableEntry>,
          context: VirtualAddress,
          environment: VirtualAddress
        ) in
        switch try key(relativeTo: relativeTo, path, "RtlQueryRegistryValues") {
        case .failed(let status): return Completion.returned(status)
        case .done(let found):
          guard found.missing.isEmpty else { return .returned(NTStatus.objectNameNotFound) }
          let query = RegistryQuery(self, key: found.key, table: table, context: context)
          return try query.run()
        }
      },
    ]
  }
}
