/// What is an MDL, by what its declaration, its name or its making says.
extension Interpreter {
  /// The type with which a variable, a parameter or a cast is declared.
  func type(of expression: Expression) -> TypeName? {
    switch expression.form {
    case .name(let name):
      var current = frame
      while true {
        if let type = frames[current].types[name] { return type }
        guard frames[current].function.isMacro, current > 1 else { return nil }
        current = frames[current].parent
      }
    case .cast(let type, _): return type
    default: return nil
    }
  }

  /// Whether something is a pointer to an MDL, or an MDL, by its type, its name or what made it.
  func isMDL(_ value: Value, _ expression: Expression) -> Bool {
    if let symbol = value.symbol {
      if case .mdl = info(symbol).kind { return true }
      if state.mdls[symbol] != nil { return true }
    }
    let bare = expression.withoutCasts
    if let type = type(of: bare) ?? type(of: expression) {
      return type.isMDLPointer || type.isMDL
    }
    switch bare.form {
    case .name, .member: return bare.lastName.map(Self.isMDLName) ?? false
    default: return false
    }
  }

  /// Whether a field or a variable of which no declaration is seen is a pointer to an MDL, by its name.
  static func isMDLName(_ name: String) -> Bool {
    let name = name.lowercased().filter { $0 != "_" }
    return name == "mdladdress" || name.hasSuffix("mdl") || name == "mdlchain"
  }

  /// The MDL, if it is one, to whose field an expression leads.
  func mdl(_ base: Expression, isArrow: Bool) throws(Interruption) -> Symbol? {
    if isArrow {
      let pointer = try value(of: base)
      guard let symbol = pointer.symbol, isMDL(pointer, base) else { return nil }
      return symbol
    }
    guard type(of: base)?.isMDL == true, let place = try place(of: base) else { return nil }
    return identity(place, base)
  }

  /// A text with what the file's macros in it stand for behind it.
  func expanded(_ text: String) -> String {
    var result = text
    for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }) {
      guard let body = macroBodies[String(word)] else { continue }
      result += " " + spelling(body)
    }
    return result
  }
}
