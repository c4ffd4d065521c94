internal import GuestABI
internal import NTStructures

extension FilterManager {
  /// The routines that mini-filters import.
  var exports: [Export] {
    registrationExports + portExports + nameExports + objectExports + contextExports
      + setContextExports + dataExports + serviceExports + fileExports + requestExports
  }

  private var registrationExports: [Export] {
    [
      export("FltRegisterFilter", to: register(_:_:_:)),
      export("FltStartFiltering", to: startFiltering(_:)),
      export("FltUnregisterFilter", to: unregister(_:)),
      export(Self.unloadRoutine, to: unload(_:)),
    ]
  }

  private var portExports: [Export] {
    [
      export("FltCreateCommunicationPort") {
        [self]
        (
          filter: VirtualAddress,
          result: VirtualAddress,
          attributes: GuestPointer<ObjectAttributes>,
          cookie: VirtualAddress,
          connect: VirtualAddress,
          disconnect: VirtualAddress,
          message: VirtualAddress,
          maximumConnections: Int32
        ) in
        let name = try memory[attributes].objectName
        guard !name.isNull else { throw Unmodelled("FltCreateCommunicationPort without a name") }
        let port = CommunicationPort(
          filter: filter,
          name: try memory.text(of: name),
          cookie: cookie,
          connect: connect,
          disconnect: disconnect,
          message: message,
          maximumConnections: Int(maximumConnections)
        )
        return try createPort(port, attributes, result)
      },
      export("FltCloseCommunicationPort", to: closePort(_:)),
      export("FltCloseClientPort") { [self] (filter: VirtualAddress, port: VirtualAddress) in
        try closeClientPort(port)
      },
      export("FltSendMessage") {
        [self]
        (
          filter: VirtualAddress,
          port: VirtualAddress,
          buffer: VirtualAddress,
          byteCount: UInt32,
          reply: VirtualAddress,
          replyByteCount: VirtualAddress,
          timeout: GuestPointer<Int64>
        ) in
        try send(port, timeout: timeout)
      },
      export("FltBuildDefaultSecurityDescriptor", to: makeDescriptor(_:access:)),
      export("FltFreeSecurityDescriptor", to: freeDescriptor(_:)),
    ]
  }

  private var nameExports: [Export] {
    [
      export("FltGetFileNameInformation") {
        [self]
        (data: GuestPointer<FltCallbackData>, options: UInt32, result: VirtualAddress) in
        try fileName(of: data, options, result)
      },
      export("FltGetFileNameInformationUnsafe") {
        [self]
        (
          file: GuestPointer<FileObject>,
          address: VirtualAddress,
          options: UInt32,
          result: VirtualAddress
        ) in
        let routine = "FltGetFileNameInformationUnsafe"
        guard address != .null else { throw Unmodelled("\(routine) without an instance") }
        return try fileName(of: file, at: instance(address, routine), options, result)
      },
      export("FltParseFileNameInformation") {
        [self]
        (information: GuestPointer<FltFileNameInformation>) in
        try parse(information)
      },
      export("FltParseFileName") {
        [self]
        (
          name: GuestPointer<CountedString>,
          fileExtension: GuestPointer<CountedString>,
          stream: GuestPointer<CountedString>,
          finalComponent: GuestPointer<CountedString>
        ) in
        try parse(
          name,
          fileExtension: fileExtension,
          stream: stream,
          finalComponent: finalComponent
        )
      },
      export("FltReleaseFileNameInformation") { [self] (information: VirtualAddress) in
        try changeReferences(of: information, by: -1, "FltReleaseFileNameInformation")
      },
      export("FltReferenceFileNameInformation") { [self] (information: VirtualAddress) in
        try changeReferences(of: information, by: 1, "FltReferenceFileNameInformation")
      },
    ]
  }

  private var contextExports: [Export] {
    [
      export("FltAllocateContext", to: allocateContext(_:_:_:_:_:)),
      export("FltReferenceContext") { [self] (address: VirtualAddress) in
        try context(address, "FltReferenceContext").referenceCount += 1
      },
      export("FltReleaseContext") { [self] (address: VirtualAddress) in
        try release(address, "FltReleaseContext") { .done }
      },
      export("FltDeleteContext") { [self] (address: VirtualAddress) in
        let context = try context(address, "FltDeleteContext")
        guard let key = context.key else { return Completion.done }
        links[key] = nil
        context.key = nil
        return try release(address, "FltDeleteContext") { .done }
      },
      export("FltSupportsFileContexts") { (file: VirtualAddress) in true },
      export("FltSupportsFileContextsEx") { (file: VirtualAddress, instance: VirtualAddress) in true
      },
      export("FltSupportsStreamContexts") { (file: VirtualAddress) in true },
      export("FltSupportsStreamHandleContexts") { (file: VirtualAddress) in true },
    ]
  }

  /// The routines that work with the context of one kind of object.
  private var setContextExports: [Export] {
    [("File", 4), ("Stream", 8), ("StreamHandle", 0x10)].flatMap { kind, type in
      fileContextExports(kind, UInt16(type))
    } + [
      export("FltSetVolumeContext") {
        [self]
        (volume: VirtualAddress, operation: UInt32, new: VirtualAddress, old: VirtualAddress) in
        let routine = "FltSetVolumeContext"
        let filter = try context(new, routine).filter
        let key = FilterContextKey(type: 1, owner: filter, object: volume)
        return try setContext(on: key, operation, new, old, routine)
      },
      export("FltGetVolumeContext") {
        [self]
        (filter: VirtualAddress, volume: VirtualAddress, result: VirtualAddress) in
        let key = FilterContextKey(type: 1, owner: filter, object: volume)
        return try getContext(of: key, result, "FltGetVolumeContext")
      },
      export("FltDeleteVolumeContext") {
        [self]
        (filter: VirtualAddress, volume: VirtualAddress, old: VirtualAddress) in
        let key = FilterContextKey(type: 1, owner: filter, object: volume)
        return try deleteContext(of: key, old, "FltDeleteVolumeContext")
      },
      export("FltSetInstanceContext") {
        [self]
        (instance: VirtualAddress, operation: UInt32, new: VirtualAddress, old: VirtualAddress) in
        let key = FilterContextKey(type: 2, owner: instance, object: instance)
        return try setContext(on: key, operation, new, old, "FltSetInstanceContext")
      },
      export("FltGetInstanceContext") {
        [self]
        (instance: VirtualAddress, result: VirtualAddress) in
        let key = FilterContextKey(type: 2, owner: instance, object: instance)
        return try getContext(of: key, result, "FltGetInstanceContext")
      },
      export("FltDeleteInstanceContext") {
        [self]
        (instance: VirtualAddress, old: VirtualAddress) in
        let key = FilterContextKey(type: 2, owner: instance, object: instance)
        return try deleteContext(of: key, old, "FltDeleteInstanceContext")
      },
    ]
  }

  /// What a file's context is set on: files that share a stream have one between them.
  private func key(
    _ type: UInt16,
    _ instance: VirtualAddress,
    _ file: GuestPointer<FileObject>
  ) throws -> FilterContextKey {
    let stream = try memory[file].fsContext
    let isHandle = type == 0x10 || stream == .null
    return FilterContextKey(type: type, owner: instance, object: isHandle ? file.address : stream)
  }

  private func fileContextExports(_ kind: String, _ type: UInt16) -> [Export] {
    [
      export("FltSet\(kind)Context") {
        [self]
        (
          instance: VirtualAddress,
          file: GuestPointer<FileObject>,
          operation: UInt32,
          new: VirtualAddress,
          old: VirtualAddress
        ) in
        let key = try key(type, instance, file)
        return try setContext(on: key, operation, new, old, "FltSet\(kind)Context")
      },
      export("FltGet\(kind)Context") {
        [self]
        (instance: VirtualAddress, file: GuestPointer<FileObject>, result: VirtualAddress) in
        try getContext(of: key(type, instance, file), result, "FltGet\(kind)Context")
      },
      export("FltDelete\(kind)Context") {
        [self]
        (instance: VirtualAddress, file: GuestPointer<FileObject>, old: VirtualAddress) in
        try deleteContext(of: key(type, instance, file), old, "FltDelete\(kind)Context")
      },
    ]
  }

  /// The routines about the data of an operation.
  private var dataExports: [Export] {
    [
      // FLTFL_CALLBACK_DATA_DIRTY is the highest bit.
      export("FltSetCallbackDataDirty") { [self] (data: GuestPointer<FltCallbackData>) in
        try memory[data].store(memory[data].flags | 0x8000_0000, in: \.flags)
      },
      export("FltClearCallbackDataDirty") { [self] (data: GuestPointer<FltCallbackData>) in
        try memory[data].store(memory[data].flags & 0x7FFF_FFFF, in: \.flags)
      },
      export("FltIsCallbackDataDirty") { [self] (data: GuestPointer<FltCallbackData>) in
        try memory[data].flags & 0x8000_0000 != 0
      },
      export("FltAllocatePoolAlignedWithTag") {
        [self]
        (instance: VirtualAddress, pool: PoolType, byteCount: GuestWord, tag: UInt32) in
        let block = try manager.allocatePool(
          byteCount.byteCount,
          PoolType(rawValue: pool.rawValue & 1),
          tag: tag,
          caller: manager.context.caller,
          isCacheAligned: true
        )
        return block ?? .null
      },
      export("FltFreePoolAlignedWithTag") {
        [self]
        (instance: VirtualAddress, block: VirtualAddress, tag: UInt32) in
        try manager.freePool(block, caller: manager.context.caller)
      },
      export("FltClose") { [self] (handle: GuestWord) -> Completion in
        .call(GuestCall(try addressOfRoutine("ZwClose"), handle.rawValue)) { .value($0) }
      },
    ]
  }
}
