/// Where the stored properties of a class's instances are, and what they hold.
struct ClassLayout {
  /// A stored property.
  struct Property {
    let offset: Int
    let code: any ValueCode
    /// Whether it can change, and a snapshot must hold it.
    let isVariable: Bool
    /// Whether its values can refer to objects.
    let mayHoldObjects: Bool
  }

  let properties: [Property]
  /// The properties that can change.
  let variables: [Property]
  /// The bytes from the first property that can change to the end of the last.
  let extent: Range<Int>

  init(of type: AnyClass, _ mayHoldObjects: (Any.Type) -> Bool) {
    properties = StoredField.fields(of: type).map { field in
      // What the runtime cannot name, a type that cannot be copied, it calls ().
      precondition(
        field.type != Void.self || !field.isVariable,
        "\(type).\(field.name) cannot be copied, so it must be a constant for snapshots"
      )
      return Property(
        offset: field.offset,
        code: valueCode(for: field.type),
        // A weak reference that changes belongs into a structure, which can be copied.
        isVariable: field.isVariable && field.isStrong,
        mayHoldObjects: field.isStrong && mayHoldObjects(field.type)
      )
    }
    variables = properties.filter(\.isVariable)
    let start = variables.map(\.offset).min() ?? 0
    extent = start..<max(start, variables.map { $0.offset + $0.code.size }.max() ?? 0)
  }
}

/// What can be done with a value of a type that is known at run time only.
protocol ValueCode: Sendable {
  var size: Int { get }
  var isTrivial: Bool { get }
  func initialize(_ place: UnsafeMutableRawPointer, from value: UnsafeRawPointer)
  func assign(_ place: UnsafeMutableRawPointer, from value: UnsafeRawPointer)
  func deinitialize(_ place: UnsafeMutableRawPointer)
  func load(_ place: UnsafeRawPointer) -> Any
}

private struct TypedCode<Value>: ValueCode {
  var size: Int { MemoryLayout<Value>.size }
  var isTrivial: Bool { _isPOD(Value.self) }

  func initialize(_ place: UnsafeMutableRawPointer, from value: UnsafeRawPointer) {
    place.assumingMemoryBound(to: Value.self)
      .initialize(to: value.assumingMemoryBound(to: Value.self).pointee)
  }

  func assign(_ place: UnsafeMutableRawPointer, from value: UnsafeRawPointer) {
    place.assumingMemoryBound(to: Value.self).pointee =
      value.assumingMemoryBound(to: Value.self).pointee
  }

  func deinitialize(_ place: UnsafeMutableRawPointer) {
    place.assumingMemoryBound(to: Value.self).deinitialize(count: 1)
  }

  func load(_ place: UnsafeRawPointer) -> Any {
    place.assumingMemoryBound(to: Value.self).pointee
  }
}

private func valueCode(for type: Any.Type) -> any ValueCode {
  func make<Value>(_ type: Value.Type) -> any ValueCode { TypedCode<Value>() }
  return _openExistential(type, do: make)
}

/// Whether values of a type are mere bits.
func isTrivial(_ type: Any.Type) -> Bool {
  func check<Value>(_ type: Value.Type) -> Bool { _isPOD(type) }
  return _openExistential(type, do: check)
}
