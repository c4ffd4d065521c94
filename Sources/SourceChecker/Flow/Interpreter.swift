internal import Findings
internal import NTReleases

/// Walks the paths through a function and tells rules what happens on them.
///
/// Calls of functions of the same file are walked through with the arguments that they get. What takes too
/// long is given up: a path that is not walked can only hide a finding, never make one.
final class Interpreter {
  /// Why a walk through an expression ends early.
  enum Interruption: Error {
    /// An exception was raised.
    case raised
    /// A macro returned from the function that uses it: ``Interpreter/pendingReturn``.
    case returned
    /// The path cannot be taken, or goes on nowhere.
    case impossible
    /// Too much was done.
    case exhausted
  }

  /// A function that is being walked through.
  struct Frame {
    let function: FunctionBody
    let parent: Int
    /// Where it is called.
    var call: Range<Int>?
    var types: [String: TypeName] = [:]
    var arrays: Set<String> = []
  }

  /// What the ends of a call depend on.
  struct CallKey: Hashable {
    let frame: Int
    let state: State
    let exceptDepth: Int
    let tryDepth: Int
  }

  private enum SymbolKey: Hashable {
    case initial(Place)
    case identity(Place)
    case forgotten(Place)
    case site(Range<Int>, frame: Int, tag: Int)
    case derived(Symbol, String)
  }

  static let stateLimit = 40
  /// The number of states above which details are forgotten.
  static let stateGoal = 6
  static let pathLimit = 64
  static let depthLimit = 4
  /// What walking through a function may take.
  static let walkBudget = 60_000
  /// What walking through a call may take.
  static let callBudget = 8000

  let text: SourceText
  let image: SourceChecker.Image
  let functions: [String: FunctionBody]
  /// The functions that something in the file calls.
  let calledFunctions: Set<String>
  /// The functions that have to do with MDLs; others are walked through only for what they are given.
  let relevantFunctions: Set<String>
  let conditions: [ScrubbedSource.Condition]
  /// What object-like macros stand for.
  let macroBodies: [String: Range<Int>]
  let rules: [any Rule]
  let reporter: Reporter

  var state = State()
  var oracle = Oracle()
  var frames: [Frame] = []
  var frame = 0
  /// The `__except` blocks around, those of callers too.
  var exceptDepth = 0
  /// The `__try` blocks of either kind around.
  var tryDepth = 0
  /// The expressions around of whose values only the low bits matter, or nothing but what they look like.
  var lowBitsDepth = 0
  /// Whether the arguments of a routine that unmaps are evaluated.
  var isUnmapping = false
  var onlyLowBitsMatter: Bool { lowBitsDepth > 0 }
  var budget = 0
  /// The steps that the last walk took.
  var stepCount: Int { Self.walkBudget - max(budget, 0) }
  /// The macros that were used, the latest last, and where.
  var expansions: [(body: Range<Int>, call: Range<Int>)] = []
  /// What a `return` in a macro returns from the function around.
  var pendingReturn: (value: Value?, range: Range<Int>)?
  /// The functions that are being walked through, the outermost first.
  var calls: [String] = []
  /// Where calls led, or nil where that was too much to find out.
  var knownEnds: [CallKey: Ends?] = [:]
  var printNames: [String: Bool] = [:]
  private(set) var symbols: [SymbolInfo] = []
  /// The structures that are variables of functions.
  private(set) var locals: Set<Symbol> = []
  /// The structures in which symbols were found.
  private(set) var owners: [Symbol: Symbol] = [:]
  /// What was found in structures and behind pointers: the reverse of that.
  private(set) var contents: [Symbol: [Symbol]] = [:]
  private var numbers: [SymbolKey: Symbol] = [:]
  private var frameNumbers: [SymbolKey: Int] = [:]

  init(
    text: SourceText,
    image: SourceChecker.Image,
    functions: [String: FunctionBody],
    calledFunctions: Set<String>,
    relevantFunctions: Set<String>,
    conditions: [ScrubbedSource.Condition],
    macroBodies: [String: Range<Int>],
    rules: [any Rule],
    reporter: Reporter
  ) {
    self.text = text
    self.image = image
    self.functions = functions
    self.calledFunctions = calledFunctions
    self.relevantFunctions = relevantFunctions
    self.conditions = conditions
    self.macroBodies = macroBodies
    self.rules = rules
    self.reporter = reporter
  }

  /// Walks through a function whose arguments are unknown.
  ///
  /// - Parameters:
  ///   - function: The function.
  ///   - isGuarded: Whether all callers catch exceptions.
  /// - Returns: Whether all of it was walked through.
  func walk(_ function: FunctionBody, isGuarded: Bool) -> Bool {
    state = State()
    symbols = []
    locals = []
    owners = [:]
    contents = [:]
    numbers = [:]
    frameNumbers = [:]
    frames = [Frame(function: function, parent: 0), Frame(function: function, parent: 0)]
    frame = 1
    calls = [function.name]
    expansions = []
    knownEnds = [:]
    exceptDepth = isGuarded ? 1 : 0
    tryDepth = 0
    lowBitsDepth = 0
    budget = Self.walkBudget
    for parameter in function.parameters { declare(parameter) }
    do {
      for end in try ends(of: function.body, from: [state]).returns {
        state = end.state
        tell(.end(range: end.range))
      }
      return true
    } catch {
      return false
    }
  }

  func declare(_ parameter: FunctionBody.Parameter) {
    frames[frame].types[parameter.name] = parameter.type ?? TypeName.unknown
  }

  func tell(_ event: Event) {
    for rule in rules { rule.check(event, on: self) }
  }

  func spend(_ amount: Int = 1) throws(Interruption) {
    budget -= amount
    if budget < 0 { throw .exhausted }
  }

  // Symbols.

  func info(_ symbol: Symbol) -> SymbolInfo { symbols[symbol.number] }

  private func symbol(
    _ key: SymbolKey,
    _ kind: @autoclosure () -> SymbolInfo.Kind,
    _ range: Range<Int>,
    _ spelling: @autoclosure () -> String
  ) -> Symbol {
    if let known = numbers[key] { return known }
    let symbol = Symbol(number: symbols.count)
    symbols.append(SymbolInfo(kind: kind(), range: range, spelling: spelling()))
    numbers[key] = symbol
    return symbol
  }

  /// A new symbol for what comes of an expression; what an earlier walk knew of it is forgotten.
  func fresh(_ range: Range<Int>, tag: Int = 0, _ kind: SymbolInfo.Kind = .other) -> Symbol {
    let symbol = symbol(.site(range, frame: frame, tag: tag), kind, range, spelling(range))
    renew(symbol)
    return symbol
  }

  /// The symbol for what a place held at first.
  func initial(_ place: Place, _ expression: Expression) -> Symbol {
    let count = symbols.count
    let symbol = symbol(
      .initial(place),
      kind(of: place, expression),
      expression.range,
      spelling(expression.range)
    )
    guard symbols.count > count else { return symbol }
    switch place {
    case .field(let owner, _):
      owners[symbol] = owner
      contents[owner, default: []].append(symbol)
    case .pointee(let owner): contents[owner, default: []].append(symbol)
    case .variable: break
    }
    return symbol
  }

  /// The symbol for the address of a place that is a structure.
  func identity(_ place: Place, _ expression: Expression) -> Symbol {
    let symbol = symbol(.identity(place), .other, expression.range, spelling(expression.range))
    switch place {
    case .variable(_, let frame) where frame > 0: locals.insert(symbol)
    case .field(let owner, _) where locals.contains(owner): locals.insert(symbol)
    default: break
    }
    return symbol
  }

  /// The symbol for the address of a place that is a structure, if anything was done with it.
  func knownIdentity(_ place: Place) -> Symbol? { numbers[.identity(place)] }

  /// A status that is one of several failures.
  var anyFailure: Symbol {
    symbol(.derived(Symbol(number: -1), "failure"), .status(isSuccess: false), 0..<0, "a failure")
  }

  /// The symbol for what a place holds when that does not matter.
  func forgotten(_ place: Place) -> Symbol {
    symbol(.forgotten(place), .other, 0..<0, "")
  }

  /// The symbol for something that belongs to another.
  func derived(
    _ base: Symbol,
    _ name: String,
    _ kind: SymbolInfo.Kind,
    _ range: Range<Int>
  ) -> Symbol {
    let count = symbols.count
    let symbol = symbol(.derived(base, name), kind, range, spelling(range))
    if symbols.count > count { contents[base, default: []].append(symbol) }
    return symbol
  }

  /// The frame for a call, the same each time.
  func frame(for function: FunctionBody, calledAt range: Range<Int>) -> Int {
    let key = SymbolKey.site(range, frame: frame, tag: -1)
    if let known = frameNumbers[key] { return known }
    frames.append(Frame(function: function, parent: frame, call: range))
    frameNumbers[key] = frames.count - 1
    return frames.count - 1
  }

  func spelling(_ range: Range<Int>) -> String {
    let shown = range.clamped(to: 0..<min(range.lowerBound + 80, text.bytes.count))
    return String(decoding: text.bytes[shown], as: UTF8.self)
  }

  private func kind(of place: Place, _ expression: Expression) -> SymbolInfo.Kind {
    let name: String
    switch place {
    case .variable(let variable, _): name = variable
    case .field(_, let field): name = field
    case .pointee: return .other
    }
    switch name {
    case "UserBuffer", "Type3InputBuffer": return .userAddress
    case "MdlAddress": return .mdl
    default: break
    }
    if let type = type(of: expression), type.isMDLPointer { return .mdl }
    return .other
  }
}
