import GuestABI
import NTStructures

/// Output to the kernel debugger, and breaks into it.
///
/// What a driver prints is an act of the driver, and is passed on whatever filter a release would
/// apply before a debugger shows it.
extension RuntimeLibrary {
  var debugExports: [Export] {
    [
      export("DbgPrint", .cdecl) {
        [self] (format: VirtualAddress, arguments: VariadicArguments) in
        try printMessage(format, arguments, "DbgPrint")
      },
      export("DbgPrintEx", .cdecl) {
        [self]
        (component: UInt32, level: UInt32, format: VirtualAddress, arguments: VariadicArguments) in
        try printMessage(format, arguments, "DbgPrintEx")
      },
      export("vDbgPrintEx") {
        [self]
        (component: UInt32, level: UInt32, format: VirtualAddress, arguments: VirtualAddress) in
        let arguments = ArgumentList(memory: memory, place: arguments)
        return try printMessage(format, arguments, "vDbgPrintEx")
      },
      export("vDbgPrintExWithPrefix") {
        [self]
        (
          prefix: VirtualAddress,
          component: UInt32,
          level: UInt32,
          format: VirtualAddress,
          arguments: VirtualAddress
        ) in
        let size = try memory.length(of: prefix, UInt8.self, atMost: Self.messageLimit)
        let prefix = try memory.bytes(at: prefix, count: size)
        let arguments = ArgumentList(memory: memory, place: arguments)
        return try printMessage(format, arguments, "vDbgPrintExWithPrefix", prefix: prefix)
      },
      export("RtlAssert", to: fail(assertion:file:line:message:)),
      export("DbgBreakPoint") { () throws -> Void in throw RaisedStatus(.breakpoint) },
      export("DbgBreakPointWithStatus") { (status: NTStatus) throws -> Void in
        throw RaisedStatus(.breakpoint)
      },
    ]
  }

  /// The bytes that one call transmits: the page of `DbgPrint` says 512.
  private static var messageLimit: Int { 512 }

  private func printMessage(
    _ format: VirtualAddress,
    _ arguments: some FormatArguments,
    _ routine: String,
    prefix: [UInt8] = []
  ) throws -> NTStatus {
    let format = FormatString<UInt8>(
      memory: memory,
      address: format,
      routine: routine,
      understandsLongLong: understandsLongLong
    )
    var arguments = arguments
    var output = MessageOutput(limit: Self.messageLimit)
    for byte in prefix { output.put(UInt16(byte), 1) }
    do {
      try format.write(&arguments, to: &output)
    } catch let fault as GuestFault where isUserAddress(fault.address) {
      // An access to user memory can be caught, and then the routine returns an error.
      throw Unmodelled("\(routine): user memory that cannot be read, at \(fault.address)")
    }
    print(CodePage.display(output.bytes))
    return .success
  }

  /// Returns whether an address is below the system's in every configuration.
  private func isUserAddress(_ address: VirtualAddress) -> Bool {
    address.rawValue >> (memory.architecture == .x86 ? 31 : 63) == 0
  }

  /// Reports that an assertion of a driver's checked build failed.
  ///
  /// The corresponding kernel routine is `RtlAssert`. It prints a message, and asks the debugger's
  /// user what to do. There is no user; what a release then does is not documented.
  private func fail(
    assertion: VirtualAddress,
    file: VirtualAddress,
    line: UInt32,
    message: VirtualAddress
  ) throws {
    let text = try [message, assertion, file].map { string in
      guard string != .null else { return "" }
      let size = try memory.length(of: string, UInt8.self, atMost: Self.messageLimit)
      return CodePage.display(try memory.bytes(at: string, count: size))
    }
    print(
      "\n*** Assertion failed: \(text[0])\(text[1])\n***   Source File: \(text[2]), line \(line)\n\n"
    )
    throw Unmodelled("RtlAssert: the assertion failed, and no debugger answers")
  }
}
