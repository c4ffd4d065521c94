internal import Findings

/// Looks at one file.
struct FileAnalysis {
  let text: SourceText
  let image: SourceChecker.Image
  let rules: [any Rule]
  let reporter: Reporter
  let parser: SyntaxParser
  /// What could not be looked at, a line each.
  private(set) var notes: [String] = []
  /// The steps that the walks through the file's functions may still take.
  private var steps: Int

  init(
    text: SourceText,
    image: SourceChecker.Image,
    rules: [any Rule],
    reporter: Reporter,
    parser: SyntaxParser,
    steps: Int? = nil
  ) {
    self.text = text
    self.image = image
    self.rules = rules
    self.reporter = reporter
    self.parser = parser
    self.steps = steps ?? 1_000_000 + 4 * text.bytes.count
  }

  /// A function as one reading has it.
  private struct Reading {
    /// What calls by name lead to.
    var functions: [String: FunctionBody] = [:]
    /// All functions, by the offset of their opening brace: methods of several classes share names.
    var bodies: [Int: FunctionBody] = [:]
    /// The functions that something calls, with those that call them where no exception is caught.
    var unguardedCallers: [String: Set<String>] = [:]
    var names: Set<String> = []
    var sharedNames: Set<String> = []
  }

  /// Looks at the functions of each reading that are not the same in the first.
  mutating func look(at readings: [ScrubbedSource]) {
    for (index, source) in readings.enumerated() {
      look(at: source, unlike: index == 0 ? nil : readings[0])
    }
  }

  private mutating func look(at source: ScrubbedSource, unlike first: ScrubbedSource?) {
    var reading = Reading()
    let relevant = functions(of: source)
    let guards = Dictionary(source.guards.map { ($0.body, $0) }) { first, _ in first }
    var macroBytes = text.bytes
    for macro in source.macros { Keywords.blankContinuations(&macroBytes, macro.body) }
    for macro in source.macros where Keywords.isMentioned(in: text.bytes[macro.body]) {
      add(macro, macroBytes, &reading)
    }
    for function in relevant { add(function, source, guards, &reading) }
    let used = Set(reading.unguardedCallers.keys)
    for macro in source.macros
    where used.contains(macro.name) && reading.functions[macro.name] == nil
      && macro.parameters != nil && macro.body.count < 4096
    {
      add(macro, macroBytes, &reading)
    }
    addHelpers(of: relevant, source, guards, &reading)
    for name in reading.sharedNames { reading.functions[name] = nil }
    let interpreter = Interpreter(
      text: text,
      image: image,
      functions: reading.functions,
      calledFunctions: Set(reading.unguardedCallers.keys),
      relevantFunctions: Set(relevant.map(\.name)),
      conditions: source.conditions,
      macroBodies: Dictionary(
        source.macros.filter { $0.parameters == nil }.map { ($0.name, $0.body) }
      ) { first, _ in first },
      rules: rules,
      reporter: reporter
    )
    let guarded = Self.guarded(reading)
    for function in relevant {
      if let first, first.bytes[function.range] == source.bytes[function.range] { continue }
      guard let body = reading.bodies[function.body] else { continue }
      guard steps > 0 else {
        note("\(function.name) was not looked at: the file has too many paths", function.body)
        continue
      }
      let isWhole = interpreter.walk(body, isGuarded: guarded.contains(function.name))
      steps -= interpreter.stepCount
      if !isWhole {
        note("\(function.name) has too many paths; some were not looked at", function.body)
      }
    }
  }

  private mutating func note(_ text: String, _ offset: Int) {
    let line = "\(self.text.path):\(self.text.line(at: offset)): \(text)"
    if !notes.contains(line) { notes.append(line) }
  }

  private mutating func add(
    _ function: ScrubbedSource.Function,
    _ source: ScrubbedSource,
    _ guards: [Int: ScrubbedSource.Guard],
    _ reading: inout Reading
  ) {
    do {
      let tree = try parser.parse(source.bytes, range: function.range, language: text.language)
      var lowering = Lowering(
        tree: tree,
        bytes: source.bytes,
        original: text.bytes,
        guards: guards
      )
      let body = try lowering.function(function)
      reading.bodies[function.body] = body
      // Which of two functions with one name a call means is not known.
      if let known = reading.functions[function.name] {
        if !known.isMacro { reading.sharedNames.insert(function.name) }
      } else {
        reading.functions[function.name] = body
      }
      for call in lowering.calls {
        let callers: Set<String> = call.isGuarded ? [] : [function.name]
        reading.unguardedCallers[call.callee, default: []].formUnion(callers)
      }
      reading.names.formUnion(lowering.names.subtracting(lowering.calls.map(\.callee)))
    } catch {
      guard Keywords.isMentioned(in: source.bytes[function.range]) else { return }
      let reason =
        switch error {
        case let error as SyntaxError: error.message
        case Lowering.Failure.tooDeep: "nested too deeply to be looked at"
        default: "not understood by the parser"
        }
      note("\(function.name) is \(reason)", function.body)
    }
  }

  private func add(
    _ macro: ScrubbedSource.Macro,
    _ bytes: [UInt8],
    _ reading: inout Reading
  ) {
    guard
      let tree = try? parser.parse(
        bytes,
        range: macro.body,
        language: text.language,
        prefix: "void f(void){",
        suffix: ";}"
      )
    else { return }
    var lowering = Lowering(tree: tree, bytes: bytes, original: bytes, guards: [:])
    if let body = try? lowering.macro(macro) { reading.functions[macro.name] = body }
  }

  /// Adds the functions that those call which mention MDLs.
  private mutating func addHelpers(
    of relevant: [ScrubbedSource.Function],
    _ source: ScrubbedSource,
    _ guards: [Int: ScrubbedSource.Guard],
    _ reading: inout Reading
  ) {
    let called = Set(reading.unguardedCallers.keys)
    for function in source.functions
    where called.contains(function.name) && reading.functions[function.name] == nil
      && function.range.count < 8192
    {
      add(function, source, guards, &reading)
    }
  }

  /// The functions that mention MDLs, or macros and functions that do.
  private func functions(of source: ScrubbedSource) -> [ScrubbedSource.Function] {
    var names: Set<String> = []
    for macro in source.macros where Keywords.isMentioned(in: text.bytes[macro.body]) {
      names.insert(macro.name)
    }
    let mentions = source.functions.map { Keywords.isMentioned(in: source.bytes[$0.range]) }
    for (function, isMentioned) in zip(source.functions, mentions) where isMentioned {
      names.insert(function.name)
    }
    guard !names.isEmpty else { return [] }
    return zip(source.functions, mentions).compactMap { function, isMentioned in
      let isUser =
        isMentioned || Keywords.mentions(source.bytes[function.range], anyOf: names)
      return isUser ? function : nil
    }
  }

  /// The functions all of whose callers catch exceptions, or are called only by such.
  private static func guarded(_ reading: Reading) -> Set<String> {
    var guarded = Set(reading.unguardedCallers.keys).subtracting(reading.names)
    // Whoever is called without a guard from where none is has none either; so on, as deep as people nest.
    for _ in 0..<64 {
      let left = guarded.filter { name in
        reading.unguardedCallers[name]?.allSatisfy { $0 != name && guarded.contains($0) } ?? false
      }
      if left == guarded { break }
      guarded = left
    }
    return guarded
  }
}
