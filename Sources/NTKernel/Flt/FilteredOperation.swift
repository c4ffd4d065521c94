internal import GuestABI
internal import NTStructures

/// An operation on its way past the mini-filters of a volume.
final class FilteredOperation {
  let volume: FilteredVolume
  let file: GuestPointer<FileObject>
  let data: GuestPointer<FltCallbackData>
  let block: GuestPointer<FltIOParameterBlock>
  /// The call-backs to make when the operation is done, the lowest last.
  var posts: [Post] = []

  /// A call-back to make when the operation is done.
  struct Post {
    let instance: MiniFilterInstance
    let routine: VirtualAddress
    /// What the call-back before the operation left for it.
    let context: VirtualAddress
  }

  init(
    _ volume: FilteredVolume,
    _ file: GuestPointer<FileObject>,
    _ data: GuestPointer<FltCallbackData>,
    _ block: GuestPointer<FltIOParameterBlock>
  ) {
    self.volume = volume
    self.file = file
    self.data = data
    self.block = block
  }
}

extension FilterManager {
  /// Makes an operation whose parameters are all zero.
  func makeOperation(
    _ major: UInt8,
    _ minor: UInt8,
    irpFlags: UInt32,
    isFromUser: Bool,
    on volume: FilteredVolume,
    _ file: GuestPointer<FileObject>
  ) throws -> FilteredOperation {
    let architecture = memory.architecture
    let dataSize = (FltCallbackData.size(on: architecture) + 15) & ~15
    let size = dataSize + FltIOParameterBlock.size(on: architecture)
    guard let place = try allocate(size) else { throw RaisedStatus(.insufficientResources) }
    let data = GuestPointer<FltCallbackData>(place)
    let block = GuestPointer<FltIOParameterBlock>(place + dataSize)
    try memory.modify(data) { data in
      // FLTFL_CALLBACK_DATA_IRP_OPERATION.
      data.flags = 1
      data.thread = dispatcher.current.body
      data.parameters = block
      data.requestorMode = isFromUser ? 1 : 0
    }
    try memory.modify(block) { block in
      block.irpFlags = irpFlags
      block.majorFunction = major
      block.minorFunction = minor
      block.targetFile = file
    }
    return FilteredOperation(volume, file, data, block)
  }

  /// The instances at a volume, the highest first.
  func instances(at volume: FilteredVolume) -> [MiniFilterInstance] {
    filters.filter { $0.isFiltering && !$0.isEnding }.flatMap(\.instances)
      .filter { $0.volume === volume }
      .sorted { Altitude($0.altitude) > Altitude($1.altitude) }
  }

  /// Takes an operation past the mini-filters, to the file system and back.
  ///
  /// - Parameters:
  ///   - operation: The operation.
  ///   - lower: What the file system does, and then what it is given; it leaves the status in the
  ///     operation's data.
  ///   - then: What follows; the operation's data are gone after it.
  /// - Returns: What is left to do.
  /// - Throws: What the closures throw; ``Unmodelled`` for a call-back that pends.
  func perform(
    _ operation: FilteredOperation,
    lower: @escaping (@escaping () throws -> Completion) throws -> Completion,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    let instances = instances(at: operation.volume)
    return try before(operation, instances[...], lower: lower) { [self] in
      try after(operation) { [self] in
        let completion = try then()
        try manager.freePool(operation.data.address)
        return completion
      }
    }
  }

  /// The call-backs of a filter for an operation, if it has any.
  private func callbacks(
    of instance: MiniFilterInstance,
    for operation: FilteredOperation
  ) throws -> MiniFilter.Operation? {
    let major = try memory[operation.block].majorFunction
    let filter = filters.first { $0.address == instance.filter }
    guard let found = filter?.operations.first(where: { $0.majorFunction == major }) else {
      return nil
    }
    // IRP_NOCACHE, IRP_PAGING_IO and IRP_SYNCHRONOUS_PAGING_IO.
    let flags = try memory[operation.block].irpFlags
    if found.flags & 1 != 0, flags & 0x42 != 0 { return nil }
    if found.flags & 2 != 0, major == 3 || major == 4, flags & 1 == 0 { return nil }
    // Files, and not the volume itself, are what is opened.
    let name = memory[operation.file].address(of: \.fileName)
    if found.flags & 4 != 0, try memory[GuestPointer<CountedString>(name)].length > 0 { return nil }
    return found
  }

  private func before(
    _ operation: FilteredOperation,
    _ rest: ArraySlice<MiniFilterInstance>,
    lower: @escaping (@escaping () throws -> Completion) throws -> Completion,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    guard let instance = rest.first else {
      return try lower(then)
    }
    let next = rest.dropFirst()
    guard let callbacks = try callbacks(of: instance, for: operation) else {
      return try before(operation, next, lower: lower, then: then)
    }
    guard callbacks.pre != .null else {
      if callbacks.post != .null {
        operation.posts.append(.init(instance: instance, routine: callbacks.post, context: .null))
      }
      return try before(operation, next, lower: lower, then: then)
    }
    try memory[operation.block].store(instance.address, in: \.targetInstance)
    let related = try makeRelatedObjects(
      instance.filter,
      instance.volume.address,
      instance.address,
      operation.file
    )
    guard let slot = try allocate(8) else { throw RaisedStatus(.insufficientResources) }
    let call = GuestCall(
      callbacks.pre,
      operation.data.address.rawValue,
      related.address.rawValue,
      slot.rawValue
    )
    return .call(call) { [self] result in
      let context: VirtualAddress = try memory.load(at: slot)
      try manager.freePool(slot)
      try manager.freePool(related.address)
      let answer = UInt32(truncatingIfNeeded: result)
      switch answer {
      case 0, 5:
        // FLT_PREOP_SUCCESS_WITH_CALLBACK and FLT_PREOP_SYNCHRONIZE.
        if callbacks.post != .null {
          operation.posts.append(
            .init(instance: instance, routine: callbacks.post, context: context)
          )
        }
        return try before(operation, next, lower: lower, then: then)
      case 1: return try before(operation, next, lower: lower, then: then)
      case 4: return try then()
      case 2: throw Unmodelled("a mini-filter that pends an operation (FLT_PREOP_PENDING)")
      default: throw Unmodelled("a mini-filter's pre-operation routine that returns \(answer)")
      }
    }
  }

  private func after(
    _ operation: FilteredOperation,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    guard let post = operation.posts.popLast() else { return try then() }
    // FLTFL_CALLBACK_DATA_POST_OPERATION.
    let flags = try memory[operation.data].flags
    try memory[operation.data].store(flags | 0x8_0000, in: \.flags)
    try memory[operation.block].store(post.instance.address, in: \.targetInstance)
    let related = try makeRelatedObjects(
      post.instance.filter,
      post.instance.volume.address,
      post.instance.address,
      operation.file
    )
    let call = GuestCall(
      post.routine,
      operation.data.address.rawValue,
      related.address.rawValue,
      post.context.rawValue,
      0
    )
    return .call(call) { [self] result in
      try manager.freePool(related.address)
      // FLT_POSTOP_FINISHED_PROCESSING.
      guard UInt32(truncatingIfNeeded: result) == 0 else {
        throw Unmodelled("a mini-filter that keeps an operation (MORE_PROCESSING_REQUIRED)")
      }
      return try after(operation, then: then)
    }
  }
}

/// Where an instance stands: a decimal number of any length, which may have a fraction.
struct Altitude: Comparable {
  private let whole: Substring
  private let fraction: Substring

  init(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    whole = (parts.first ?? "").drop { $0 == "0" }
    fraction = parts.count > 1 ? parts[1] : ""
  }

  static func < (first: Self, second: Self) -> Bool {
    if first.whole.utf8.count != second.whole.utf8.count {
      return first.whole.utf8.count < second.whole.utf8.count
    }
    if first.whole != second.whole { return first.whole < second.whole }
    return first.fraction < second.fraction
  }
}
