internal import NTReleases

extension Interpreter {
  /// Walks through a call: of a routine that is known, of a function of the file, or of anything else.
  func call(
    _ name: String?,
    _ function: Expression,
    _ arguments: [Expression],
    _ expression: Expression
  ) throws(Interruption) -> Value {
    guard let name else {
      _ = try value(of: function)
      return try callUnknown(arguments, try values(of: arguments), expression)
    }
    if let result = try evaluateSpecial(name, arguments, expression) { return result }
    let wasUnmapping = isUnmapping
    isUnmapping = wasUnmapping || name == "MmUnmapLockedPages"
    defer { isUnmapping = wasUnmapping }
    let values =
      if isPrint(name) || Self.lowBitsNames.contains(name) {
        try whileOnlyLowBitsMatter { () throws(Interruption) in try self.values(of: arguments) }
      } else {
        try self.values(of: arguments)
      }
    let routine = Routine(name: name)
    if routine != nil || MDLRoutine.firstReleases[name] != nil {
      tell(
        .call(
          Event.Call(
            name: name,
            range: expression.range,
            expression: expression,
            arguments: arguments,
            values: values,
            isGuarded: exceptDepth > 0
          )
        )
      )
    }
    if let routine { return try perform(routine, arguments, values, expression) }
    if let local = functions[name],
      let result = try inlined(local, Array(zip(arguments, values)), expression)
    {
      return result
    }
    if isPrint(name) { return .symbol(fresh(expression.range)) }
    try passMacro(name, values, expression)
    if functions[name] == nil { releaseUnseen(name, arguments) }
    return try callUnknown(arguments, values, expression)
  }

  static let lowBitsNames: Set<String> = [
    "BYTE_OFFSET", "ADDRESS_AND_SIZE_TO_SPAN_PAGES", "COMPUTE_PAGES_SPANNED",
  ]

  /// Takes spin locks for released by what is not known but called so, or gets the lock.
  func releaseUnseen(_ name: String, _ arguments: [Expression]) {
    guard !state.spinLocks.isEmpty else { return }
    let lowercased = name.lowercased()
    let isRelease = ["unlock", "release", "leave", "lower"].contains { lowercased.contains($0) }
    if isRelease || arguments.contains(where: { state.spinLocks.contains(spelling($0.range)) }) {
      state.spinLocks = []
    }
  }

  func values(of arguments: [Expression]) throws(Interruption) -> [Value] {
    var values: [Value] = []
    for argument in arguments { values.append(try value(of: argument)) }
    return values
  }

  /// Evaluates what only looks like a call.
  func evaluateSpecial(
    _ name: String,
    _ arguments: [Expression],
    _ expression: Expression
  ) throws(Interruption) -> Value? {
    switch name {
    case "ASSERT", "NT_ASSERT", "ASSERTMSG", "NT_VERIFY", "assert", "NT_ASSERTMSG", "RTL_ASSERT":
      // Free builds do not test it.
      let facts = state.facts
      for argument in arguments { _ = try value(of: argument) }
      state.facts = facts
      return .integer(1)
    case "_Analysis_assume_", "__analysis_assume", "__assume", "NT_ANALYSIS_ASSUME":
      if let first = arguments.first, try !condition(first) { throw .impossible }
      return .integer(0)
    case "ARGUMENT_PRESENT", "likely", "unlikely", "__builtin_expect", "RTL_VERIFY", "VERIFY":
      guard let first = arguments.first else { return nil }
      return try value(of: first)
    case "NT_SUCCESS", "SUCCEEDED":
      guard let first = arguments.first else { return nil }
      return success(of: try value(of: first), isTrue: true)
    case "NT_ERROR", "FAILED":
      guard let first = arguments.first else { return nil }
      return success(of: try value(of: first), isTrue: false)
    case "Add2Ptr", "RtlOffsetToPointer", "PTR_ADD":
      guard arguments.count == 2 else { return nil }
      let base = try value(of: arguments[0])
      let offset = try value(of: arguments[1])
      let operation = Expression.Operator(text: "+", range: expression.range)
      return combine(
        operation,
        (base, arguments[0]),
        (offset, arguments[1]),
        expression,
        isAssignment: false
      )
    default: return nil
    }
  }

  /// Whether a routine only shows its arguments, by its name.
  func isPrint(_ name: String) -> Bool {
    if let known = printNames[name] { return known }
    let lowercased = name.lowercased()
    let isPrint =
      ["print", "trace", "dbg", "debug"].contains { lowercased.contains($0) }
      || Self.words(of: name).contains("log")
    printNames[name] = isPrint
    return isPrint
  }

  /// Does what a macro or a routine of a header, which is not seen, most likely does, by its name.
  ///
  /// It may leave the function, raise an exception, or see to it that what it is given is not NULL.
  func passMacro(
    _ name: String,
    _ values: [Value],
    _ expression: Expression
  ) throws(Interruption) {
    if name.contains("RaiseStatus") || name.contains("RaiseException") {
      throw tryDepth > 0 ? .raised : .impossible
    }
    guard name.count > 3, name.allSatisfy({ $0.isUppercase || $0.isNumber || $0 == "_" }) else {
      return
    }
    let words = Set(name.split(separator: "_").map(String.init))
    if !words.isDisjoint(with: Self.testingWords) {
      for value in values {
        switch value.base {
        case .symbol(let symbol): state.facts[.nonzero(symbol)] = true
        case .test(.nonzero(let symbol), _): state.facts[.nonzero(symbol)] = true
        case .test(let test, let isTrue): state.facts[test] = isTrue
        case .integer, .address: break
        }
      }
    } else if !words.isDisjoint(with: Self.leavingWords) {
      pendingReturn = (nil, expression.range)
      throw .returned
    }
  }

  static let testingWords: Set<String> = [
    "IF", "CHECK", "VERIFY", "REQUIRE", "REQUIRES", "ENSURE", "VALIDATE", "BAIL", "TEST", "GUARD",
    "UNLESS", "EXPECT", "CHECKED", "NULL",
  ]
  static let leavingWords: Set<String> = [
    "EXIT", "RETURN", "LEAVE", "FAIL", "FAILURE", "RAISE", "THROW", "ABORT", "GOTO", "DIE", "RET",
    "PANIC", "BUGCHECK",
  ]

  /// The words of a name such as `EvtLogWrite` or `LOG_ERROR`, in small letters.
  static func words(of name: String) -> [String] {
    var words: [String] = [""]
    var wasCapital = true
    for character in name {
      if character == "_" {
        words.append("")
      } else if character.isUppercase, !wasCapital {
        words.append("")
      }
      if character != "_" { words[words.count - 1] += character.lowercased() }
      wasCapital = character.isUppercase || character == "_"
    }
    return words
  }

  /// Goes on behind a call of something that is not known: it may keep and change what it gets.
  func callUnknown(
    _ arguments: [Expression],
    _ values: [Value],
    _ expression: Expression
  ) throws(Interruption) -> Value {
    for (index, (argument, value)) in zip(arguments, values).enumerated() {
      if isAddress(value) { tell(.use(value, .argument, argument)) }
      if let symbol = value.symbol { state.mdls[symbol]?.wasUsed = true }
      escape(value)
      passOn(value)
      if case .name(let name) = argument.form {
        escapeFields(of: .variable(name, frame: scope(of: name)))
      }
      if case .address(let place) = value.base {
        let symbol = fresh(argument.range, tag: index + 1, kindOfResult(in: place, argument))
        state.values[place] = .symbol(symbol)
      }
    }
    return .symbol(fresh(expression.range))
  }

  func kindOfResult(in place: Place, _ argument: Expression) -> SymbolInfo.Kind {
    if case .unary("&", let target) = argument.withoutCasts.form,
      type(of: target)?.isMDLPointer == true
    {
      return .mdl
    }
    return .other
  }
}
