/// The objects that can be reached from one through stored properties.
///
/// What closures capture is not seen: a closure that is kept must capture objects or constants.
struct ObjectGraph {
  /// The objects in the order in which they were found.
  private(set) var objects: [AnyObject] = []
  private(set) var layouts: [ObjectIdentifier: ClassLayout] = [:]
  private var seen: Set<ObjectIdentifier> = []
  private var content = TypeContent()

  init(from root: AnyObject) {
    visit(object: root)
    var next = 0
    while next < objects.count {
      visitProperties(of: objects[next])
      next += 1
    }
  }

  func layout(of object: AnyObject) -> ClassLayout? { layouts[ObjectIdentifier(type(of: object))] }

  private mutating func visit(object: AnyObject) {
    guard seen.insert(ObjectIdentifier(object)).inserted else { return }
    objects.append(object)
  }

  private mutating func visitProperties(of object: AnyObject) {
    guard !(object is any StateSaving) else { return }
    let type: AnyClass = type(of: object)
    let layout =
      layouts[ObjectIdentifier(type)] ?? ClassLayout(of: type) { content.mayHoldObjects($0) }
    layouts[ObjectIdentifier(type)] = layout
    let place = UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
    for property in layout.properties where property.mayHoldObjects {
      visit(value: property.code.load(place + property.offset))
    }
  }

  private mutating func visit(value: Any) {
    let type = type(of: value)
    if type is AnyClass { return visit(object: value as AnyObject) }
    guard content.mayHoldObjects(type) else { return }
    for child in Mirror(reflecting: value).children { visit(value: child.value) }
  }
}

/// Whether values of types can refer to objects.
struct TypeContent {
  private var known: [ObjectIdentifier: Bool] = [:]

  mutating func mayHoldObjects(_ type: Any.Type) -> Bool {
    if let known = known[ObjectIdentifier(type)] { return known }
    // A type that contains itself, by way of an array, is looked at again for each value.
    known[ObjectIdentifier(type)] = true
    let result = find(type)
    known[ObjectIdentifier(type)] = result
    return result
  }

  private mutating func find(_ type: Any.Type) -> Bool {
    if isTrivial(type) { return false }
    if let container = type as? any Container.Type {
      return container.contentTypes.contains { mayHoldObjects($0) }
    }
    return switch TypeKind(of: type) {
    case .function: false
    case .structure: StoredField.fields(of: type).contains { mayHoldObjects($0.type) }
    case .object, .other: true
    }
  }
}

/// A type of the standard library that holds values of others.
private protocol Container {
  static var contentTypes: [Any.Type] { get }
}

extension Array: Container { fileprivate static var contentTypes: [Any.Type] { [Element.self] } }
extension ArraySlice: Container {
  fileprivate static var contentTypes: [Any.Type] { [Element.self] }
}
extension Set: Container { fileprivate static var contentTypes: [Any.Type] { [Element.self] } }
extension Dictionary: Container {
  fileprivate static var contentTypes: [Any.Type] { [Key.self, Value.self] }
}
extension Optional: Container { fileprivate static var contentTypes: [Any.Type] { [Wrapped.self] } }
extension String: Container { fileprivate static var contentTypes: [Any.Type] { [] } }
extension Substring: Container { fileprivate static var contentTypes: [Any.Type] { [] } }
