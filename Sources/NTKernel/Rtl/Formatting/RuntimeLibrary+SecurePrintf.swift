import GuestABI

/// The C library's routines that format text into a buffer whose size they know.
///
/// What the kernel does with an invalid parameter, of which text that is too long is one, is not
/// documented.
extension RuntimeLibrary {
  /// How text that is too long is cut.
  private enum Limit {
    /// It must not be.
    case none
    /// After so many units.
    case count(GuestWord)
  }

  var securePrintfExports: [Export] {
    formattingExports("sprintf_s", "_snprintf_s", "vsprintf_s", "_vsnprintf_s", UInt8.self)
      + formattingExports("swprintf_s", "_snwprintf_s", "vswprintf_s", "_vsnwprintf_s", UInt16.self)
  }

  private func formattingExports<Unit: CharacterUnit>(
    _ plain: String,
    _ limited: String,
    _ list: String,
    _ limitedList: String,
    _ type: Unit.Type
  ) -> [Export] {
    [
      export(plain, .cdecl) {
        [self]
        (
          string: VirtualAddress,
          size: GuestWord,
          format: VirtualAddress,
          arguments: VariadicArguments
        ) in
        try write(format, arguments, to: string, size, .none, plain, type)
      },
      export(limited, .cdecl) {
        [self]
        (
          string: VirtualAddress,
          size: GuestWord,
          count: GuestWord,
          format: VirtualAddress,
          arguments: VariadicArguments
        ) in
        try write(format, arguments, to: string, size, .count(count), limited, type)
      },
      export(list, .cdecl) {
        [self]
        (
          string: VirtualAddress,
          size: GuestWord,
          format: VirtualAddress,
          arguments: VirtualAddress
        ) in
        let arguments = ArgumentList(memory: memory, place: arguments)
        return try write(format, arguments, to: string, size, .none, list, type)
      },
      export(limitedList, .cdecl) {
        [self]
        (
          string: VirtualAddress,
          size: GuestWord,
          count: GuestWord,
          format: VirtualAddress,
          arguments: VirtualAddress
        ) in
        let arguments = ArgumentList(memory: memory, place: arguments)
        return try write(format, arguments, to: string, size, .count(count), limitedList, type)
      },
    ]
  }

  /// Formats text into a buffer, always with a terminator.
  ///
  /// - Returns: The number of units without the terminator, or -1 if the text was cut.
  private func write<Unit: CharacterUnit>(
    _ format: VirtualAddress,
    _ arguments: some FormatArguments,
    to string: VirtualAddress,
    _ size: GuestWord,
    _ limit: Limit,
    _ routine: String,
    _ type: Unit.Type
  ) throws -> Int32 {
    guard string != .null, format != .null, size.rawValue > 0 else {
      throw Unmodelled("\(routine): an invalid parameter")
    }
    var room = size.byteCount - 1
    var mayCut = false
    if case .count(let count) = limit {
      let truncate: UInt64 = memory.architecture == .x86 ? 0xFFFF_FFFF : .max
      mayCut = count.rawValue == truncate || count.byteCount <= room
      room = min(room, count.rawValue == truncate ? room : count.byteCount)
    }
    let format = FormatString<Unit>(
      memory: memory,
      address: format,
      routine: routine,
      understandsLongLong: understandsLongLong
    )
    var arguments = arguments
    var output = GuestTextOutput<Unit>(memory: memory, string: string, limit: room)
    try format.write(&arguments, to: &output)
    guard output.count <= room || mayCut else {
      throw Unmodelled("\(routine): text that does not fit")
    }
    let end = min(output.count, room)
    try memory.store(Unit(0), at: string + end &* Unit.byteCount)
    return output.count <= room ? Int32(clamping: output.count) : -1
  }
}
