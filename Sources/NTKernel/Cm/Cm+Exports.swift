public import GuestABI
internal import NTStructures

extension Registry {
  /// The routines that drivers import to work with the registry through handles.
  public var exports: [Export] {
    [
      export("ZwOpenKey", to: openKey(_:_:_:)),
      export("ZwCreateKey") {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          titleIndex: UInt32,
          className: GuestPointer<CountedString>,
          options: UInt32,
          disposition: GuestPointer<UInt32>
        ) in
        try createKey(handle, access, attributes, className, options, disposition)
      },
      export("ZwDeleteKey") { [self] (handle: VirtualAddress) in
        if case .key(let key)? = objects.object(for: handle)?.payload { return delete(key) }
        return try withKey(handle) { delete($0) }
      },
      export("ZwFlushKey") { [self] (handle: VirtualAddress) in
        try withKey(handle) { _ in .success }
      },
      export("ZwQueryKey") {
        [self]
        (
          handle: VirtualAddress,
          kind: UInt32,
          buffer: VirtualAddress,
          length: UInt32,
          resultLength: GuestPointer<UInt32>
        ) in
        try withKey(handle) {
          try query($0, kind, .init(address: buffer, length: length, resultLength: resultLength))
        }
      },
      export("ZwEnumerateKey") {
        [self]
        (
          handle: VirtualAddress,
          index: UInt32,
          kind: UInt32,
          buffer: VirtualAddress,
          length: UInt32,
          resultLength: GuestPointer<UInt32>
        ) in
        let buffer = InformationBuffer(address: buffer, length: length, resultLength: resultLength)
        return try withKey(handle) { try enumerateKey($0, index, kind, buffer) }
      },
      export("ZwQueryValueKey") {
        [self]
        (
          handle: VirtualAddress,
          name: GuestPointer<CountedString>,
          kind: UInt32,
          buffer: VirtualAddress,
          length: UInt32,
          resultLength: GuestPointer<UInt32>
        ) in
        let buffer = InformationBuffer(address: buffer, length: length, resultLength: resultLength)
        return try withKey(handle) { try queryValue($0, name, kind, buffer) }
      },
      export("ZwEnumerateValueKey") {
        [self]
        (
          handle: VirtualAddress,
          index: UInt32,
          kind: UInt32,
          buffer: VirtualAddress,
          length: UInt32,
          resultLength: GuestPointer<UInt32>
        ) in
        let buffer = InformationBuffer(address: buffer, length: length, resultLength: resultLength)
        return try withKey(handle) { try enumerateValue($0, index, kind, buffer) }
      },
      export("ZwSetValueKey") {
        [self]
        (
          handle: VirtualAddress,
          name: GuestPointer<CountedString>,
          titleIndex: UInt32,
          type: UInt32,
          data: VirtualAddress,
          length: UInt32
        ) in
        try withKey(handle) { try setValue($0, name, type, data, length) }
      },
      export("ZwDeleteValueKey") {
        [self]
        (handle: VirtualAddress, name: GuestPointer<CountedString>) in
        try withKey(handle) { try deleteValue($0, memory.text(of: name)) }
      },
    ]
  }
}
