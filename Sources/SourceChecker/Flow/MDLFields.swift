/// The fields of `MDL`, as `wdm.h` has declared them since NT 3.1.
enum MDLFields {
  /// All but `Next`, which drivers may use: the documents call the others opaque.
  static let opaque: Set<String> = [
    "Size", "MdlFlags", "Process", "MappedSystemVa", "StartVa", "ByteCount", "ByteOffset",
  ]
  static let all = opaque.union(["Next"])
}

extension Interpreter {
  /// The value of a field of an MDL, or nil where it is no such field.
  func mdlField(
    _ base: Expression,
    _ field: String,
    _ place: Place?,
    _ expression: Expression
  ) throws(Interruption) -> Value? {
    guard MDLFields.all.contains(field), case .field(let owner, _) = place else { return nil }
    let isKnown = isMDL(.symbol(owner), base)
    guard isKnown || field == "MappedSystemVa" || field == "MdlFlags" else { return nil }
    tellField(owner, base, field, nil, nil, expression.range)
    switch field {
    case "ByteOffset":
      return .symbol(derived(owner, "ByteOffset", .byteOffset(owner), expression.range))
    case "ByteCount":
      state.mdls[owner, default: .init()].isLengthKnown = true
      return .symbol(derived(owner, "ByteCount", .byteCount(owner), expression.range))
    case "StartVa":
      return .symbol(derived(owner, "VirtualAddress", .virtualAddress(owner), expression.range))
        .with(.pageAligned)
    case "MdlFlags": return .symbol(derived(owner, "MdlFlags", .flags(owner), expression.range))
    case "Next":
      guard let place else { return nil }
      return state.values[place] ?? .symbol(derived(owner, "Next", .mdl, expression.range))
    default: return nil
    }
  }

  func tellField(
    _ mdl: Symbol,
    _ base: Expression,
    _ name: String,
    _ assignment: String?,
    _ value: Expression?,
    _ range: Range<Int>
  ) {
    tell(
      .field(
        Event.FieldAccess(
          mdl: mdl,
          base: base,
          name: name,
          assignment: assignment,
          value: value,
          range: range
        )
      )
    )
  }
}
