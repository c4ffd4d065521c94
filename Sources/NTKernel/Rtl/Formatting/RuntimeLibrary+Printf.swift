import GuestABI

/// The C library's routines that format text into memory.
extension RuntimeLibrary {
  var printfExports: [Export] {
    [
      formatting("sprintf", UInt8.self),
      formatting("swprintf", UInt16.self),
      formatting("_swprintf", UInt16.self),
      formattingList("vsprintf", UInt8.self),
      formattingList("_vswprintf", UInt16.self),
      limitedFormatting("_snprintf", UInt8.self),
      limitedFormatting("_snwprintf", UInt16.self),
      limitedFormattingList("_vsnprintf", UInt8.self),
      limitedFormattingList("_vsnwprintf", UInt16.self),
    ]
  }

  private func formatting<Unit: CharacterUnit>(_ name: String, _ type: Unit.Type) -> Export {
    export(name, .cdecl) {
      [self] (string: VirtualAddress, format: VirtualAddress, arguments: VariadicArguments) in
      try write(format, arguments, to: string, .max, name, Unit.self)
    }
  }

  private func formattingList<Unit: CharacterUnit>(_ name: String, _ type: Unit.Type) -> Export {
    export(name, .cdecl) {
      [self] (string: VirtualAddress, format: VirtualAddress, arguments: VirtualAddress) in
      let arguments = ArgumentList(memory: memory, place: arguments)
      return try write(format, arguments, to: string, .max, name, Unit.self)
    }
  }

  private func limitedFormatting<Unit: CharacterUnit>(
    _ name: String,
    _ type: Unit.Type
  ) -> Export {
    export(name, .cdecl) {
      [self]
      (
        string: VirtualAddress,
        limit: GuestWord,
        format: VirtualAddress,
        arguments: VariadicArguments
      ) in
      try write(format, arguments, to: string, limit.byteCount, name, Unit.self)
    }
  }

  private func limitedFormattingList<Unit: CharacterUnit>(
    _ name: String,
    _ type: Unit.Type
  ) -> Export {
    export(name, .cdecl) {
      [self]
      (
        string: VirtualAddress,
        limit: GuestWord,
        format: VirtualAddress,
        arguments: VirtualAddress
      ) in
      let arguments = ArgumentList(memory: memory, place: arguments)
      return try write(format, arguments, to: string, limit.byteCount, name, Unit.self)
    }
  }

  /// Formats text into memory.
  ///
  /// As `_snprintf` documents it: text that is longer than the limit is cut, gets no terminator, and
  /// the result is -1; text that is just as long gets no terminator either.
  private func write<Unit: CharacterUnit>(
    _ format: VirtualAddress,
    _ arguments: some FormatArguments,
    to string: VirtualAddress,
    _ limit: Int,
    _ routine: String,
    _ type: Unit.Type
  ) throws -> Int32 {
    guard string != .null else {
      // Later C libraries return the length that is needed.
      throw Unmodelled("\(routine): a null buffer")
    }
    let format = FormatString<Unit>(
      memory: memory,
      address: format,
      routine: routine,
      understandsLongLong: understandsLongLong
    )
    var arguments = arguments
    var output = GuestTextOutput<Unit>(memory: memory, string: string, limit: limit)
    try format.write(&arguments, to: &output)
    let count = output.count
    try output.put(0, 1)
    return count <= limit ? Int32(clamping: count) : -1
  }
}
