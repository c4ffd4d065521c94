package import GuestABI
internal import NTStructures

/// Finds the handlers of exceptions, and unwinds the stack to them.
///
/// Records are made on the guest's stack, where filters read and change them; handlers run as calls of
/// the guest. On x86 the handlers are those on the list at `fs:[0]` (Matt Pietrek, Microsoft Systems
/// Journal, January 1997), on x64 those of the images' function tables (Microsoft Docs, "x64 exception
/// handling").
package final class ExceptionDispatcher {
  let memory: AddressSpace
  let dispatcher: Dispatcher
  /// The function tables of the images that are loaded.
  package let functionTables: FunctionTables
  let addressOfRoutine: (String) throws -> VirtualAddress

  /// The machine that runs the threads.
  package weak var host: (any ExceptionHost)?

  /// Creates a dispatcher without images.
  ///
  /// - Parameters:
  ///   - dispatcher: What knows the thread that runs.
  ///   - addressOfRoutine: Returns where the guest finds a routine of the kernel.
  init(
    _ dispatcher: Dispatcher,
    addressOfRoutine: @escaping (String) throws -> VirtualAddress
  ) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
    self.addressOfRoutine = addressOfRoutine
    functionTables = FunctionTables(memory: dispatcher.memory)
  }

  /// The machine.
  ///
  /// - Throws: ``Unmodelled`` for a kernel without one.
  func machine() throws -> any ExceptionHost {
    guard let host else { throw Unmodelled("an exception without a processor") }
    return host
  }

  /// Begins the search for a handler.
  ///
  /// The corresponding kernel routine is `RtlDispatchException`.
  ///
  /// - Throws: ``UnhandledException`` if there is none; ``UnusableStack`` if its records cannot be
  ///   stored.
  package func raise(_ exception: RaisedException) throws -> Completion {
    var top = StackSpace(below: exception.stackTop ?? exception.context.rsp)
    let record: GuestPointer<ExceptionRecord>
    let contextRecord: VirtualAddress
    do {
      contextRecord = top.take(ContextRecord.size(on: memory.architecture))
      try ContextRecord.store(exception.context, at: contextRecord, in: memory)
      record = try makeRecord(exception, &top)
    } catch {
      throw UnusableStack(place: exception.place)
    }
    let search = HandlerSearch(
      exception,
      record: record,
      contextRecord: contextRecord,
      flags: try memory[record].flags.intersection(.noncontinuable)
    )
    switch memory.architecture {
    case .x86: return try beginListSearch(search, &top)
    case .x64: return try beginFrameSearch(search, &top)
    }
  }

  private func makeRecord(
    _ exception: RaisedException,
    _ top: inout StackSpace
  ) throws(GuestFault) -> GuestPointer<ExceptionRecord> {
    guard case .new(let code, let flags, let address, let information) = exception.record else {
      guard case .existing(let record) = exception.record else { return GuestPointer(.null) }
      return record
    }
    let size = ExceptionRecord.size(on: memory.architecture)
    let record = GuestPointer<ExceptionRecord>(top.take(size))
    try memory.fill(at: record.address, count: size)
    let view = memory[record]
    try view.store(code, in: \.code)
    try view.store(flags, in: \.flags)
    try view.store(exception.cause, in: \.record)
    try view.store(address, in: \.exceptionAddress)
    try view.store(UInt32(information.count), in: \.parameterCount)
    let words = view.address(of: \.information)
    for (index, word) in information.enumerated() {
      try memory.store(GuestWord(word), at: words + index * memory.architecture.pointerSize)
    }
    return record
  }

  /// Raises an exception that a wrong handler causes while another is handled.
  ///
  /// The corresponding kernel routine is `RtlRaiseException`.
  func raise(_ status: NTStatus, during search: HandlerSearch, below top: UInt64) throws
    -> Completion
  {
    try raise(
      RaisedException(
        .new(
          status,
          .noncontinuable,
          address: VirtualAddress(rawValue: search.exception.context.rip),
          information: []
        ),
        cause: search.record,
        context: search.exception.context,
        stackTop: top,
        fault: search.exception.fault,
        place: search.exception.place
      )
    )
  }

  /// Goes on with the registers that handlers left in the context record.
  func continueExecution(_ search: HandlerSearch, below top: UInt64) throws -> Completion {
    guard try !search.flags(in: memory).contains(.noncontinuable) else {
      return try raise(.noncontinuableException, during: search, below: top)
    }
    let machine = try machine()
    let context = try ContextRecord.load(
      at: search.contextRecord,
      in: memory,
      onto: search.exception.context
    )
    guard !machine.isRoutine(VirtualAddress(rawValue: context.rip)) else {
      throw Unmodelled("going on within a routine of the kernel after an exception")
    }
    return .resume(context)
  }

  /// Ends a search that found no handler.
  func giveUp(_ search: HandlerSearch) throws -> Never {
    try giveUp(search.exception, search.record, search.contextRecord)
  }

  /// Ends what found no handler, or an unwind that has left the stack.
  func giveUp(
    _ exception: RaisedException,
    _ record: GuestPointer<ExceptionRecord>,
    _ contextRecord: VirtualAddress
  ) throws -> Never {
    let view = memory[record]
    let words = view.address(of: \.information)
    let count = try view.parameterCount
    func word(_ index: Int) throws -> UInt64 {
      guard index < count else { return 0 }
      let place = words + index * memory.architecture.pointerSize
      return try memory.load(GuestWord.self, at: place).rawValue
    }
    throw try UnhandledException(
      exception: exception,
      code: view.code,
      address: view.exceptionAddress,
      information: (word(0), word(1)),
      record: record,
      contextRecord: contextRecord,
      boundary: machine().boundary
    )
  }

  /// Whether a frame lies on the stack of the thread that runs, and is aligned.
  func isOnStack(_ frame: VirtualAddress, byteCount: Int) -> Bool {
    let stack = dispatcher.current.stack
    return frame >= stack.lowerBound && frame < stack.upperBound
      && frame + byteCount <= stack.upperBound
      && frame.rawValue & UInt64(memory.architecture.pointerSize - 1) == 0
  }
}

/// A search for a handler.
final class HandlerSearch {
  let exception: RaisedException
  let record: GuestPointer<ExceptionRecord>
  let contextRecord: VirtualAddress
  /// The flags that go on from handler to handler.
  var flags: ExceptionRecord.Flags
  /// The frame up to which handlers are called while another handler still runs.
  var nestedFrame = VirtualAddress.null

  init(
    _ exception: RaisedException,
    record: GuestPointer<ExceptionRecord>,
    contextRecord: VirtualAddress,
    flags: ExceptionRecord.Flags
  ) {
    self.exception = exception
    self.record = record
    self.contextRecord = contextRecord
    self.flags = flags
  }

  /// The flags, with those that a handler put into the record.
  func flags(in memory: AddressSpace) throws(GuestFault) -> ExceptionRecord.Flags {
    try flags.union(memory[record].flags.intersection(.noncontinuable))
  }
}

/// The stack below an address, from which the kernel takes places for its records.
struct StackSpace {
  private(set) var top: UInt64

  /// Creates a space that ends below an address.
  init(below address: UInt64) { top = address & ~15 }

  /// Takes bytes, aligned to 16.
  mutating func take(_ byteCount: Int) -> VirtualAddress {
    top = (top &- UInt64(byteCount)) & ~15
    return VirtualAddress(rawValue: top)
  }

  /// Where the stack is free.
  var address: VirtualAddress { VirtualAddress(rawValue: top) }
}

/// What a handler returns: `EXCEPTION_DISPOSITION`.
enum Disposition: Int32 {
  case continueExecution = 0
  case continueSearch = 1
  case nestedException = 2
  case collidedUnwind = 3

  /// Creates a disposition from a routine's result, or nil for one that is none.
  init?(result: UInt64) { self.init(rawValue: Int32(truncatingIfNeeded: result)) }
}
