import GuestABI

/// Something that the arguments of a format string are read from.
protocol FormatArguments {
  /// Returns the next argument and moves past it.
  mutating func next<Value: GuestScalar>(_ type: Value.Type) throws(GuestFault) -> Value
}

extension VariadicArguments: FormatArguments {}

/// The arguments that a `va_list` refers to: a pointer to the next one.
struct ArgumentList: FormatArguments {
  let memory: AddressSpace
  /// Where the next argument is.
  var place: VirtualAddress

  mutating func next<Value: GuestScalar>(_ type: Value.Type) throws(GuestFault) -> Value {
    let value = try memory.load(type, at: place)
    // An argument takes whole slots, each as wide as a pointer.
    let slot = memory.architecture.pointerSize
    place = place + (Value.size(on: memory.architecture) + slot - 1) / slot * slot
    return value
  }
}

/// Something that formatted text is written to.
protocol FormatOutput {
  /// Writes a unit a number of times.
  mutating func put(_ unit: UInt16, _ count: Int) throws

  /// Whether something has been lost, so that what follows makes no difference.
  var isFull: Bool { get }
}

/// Text in guest memory, up to a limit; what is beyond is only counted.
struct GuestTextOutput<Unit: CharacterUnit>: FormatOutput {
  let memory: AddressSpace
  let string: VirtualAddress
  let limit: Int
  /// The units written, and those that there was no room for.
  private(set) var count = 0

  var isFull: Bool { count > limit }

  init(memory: AddressSpace, string: VirtualAddress, limit: Int = .max) {
    self.memory = memory
    self.string = string
    self.limit = limit
  }

  mutating func put(_ unit: UInt16, _ repetitions: Int) throws {
    let end = count &+ repetitions
    for index in count..<max(count, min(end, limit)) {
      try memory.store(Unit(truncatingIfNeeded: unit), at: string + index &* Unit.byteCount)
    }
    count = end
  }
}

/// The bytes of a message for the debugger, up to a limit; what is beyond is lost.
struct MessageOutput: FormatOutput {
  let limit: Int
  private(set) var bytes: [UInt8] = []

  var isFull: Bool { bytes.count == limit }

  init(limit: Int) { self.limit = limit }

  mutating func put(_ unit: UInt16, _ repetitions: Int) {
    let count = min(repetitions, limit - bytes.count)
    bytes.append(contentsOf: repeatElement(UInt8(truncatingIfNeeded: unit), count: count))
  }
}
