/// A stored property of a class or a structure, as Swift's runtime describes it.
///
/// The functions are those on which `Mirror` rests; they are part of the stable library.
struct StoredField {
  let name: String
  let type: Any.Type
  /// The bytes from the start of the instance or value.
  let offset: Int
  /// Whether it was declared with `var`.
  let isVariable: Bool
  /// Whether it is neither weak nor unowned.
  let isStrong: Bool

  /// Returns the stored properties of a class, with those it inherits, or of a structure.
  static func fields(of type: Any.Type) -> [StoredField] {
    (0..<fieldCount(type)).map { index in
      var description = FieldDescription()
      let fieldType = describeField(type, index: index, &description)
      defer { description.release?(description.name) }
      return StoredField(
        name: description.name.map { String(cString: $0) } ?? "",
        type: fieldType,
        offset: fieldOffset(type, index: index),
        isVariable: description.isVariable,
        isStrong: description.isStrong
      )
    }
  }
}

/// The kinds of types that matter here, as the first word of a type's metadata tells.
enum TypeKind {
  case object, structure, function, other

  init(of type: Any.Type) {
    let word = withUnsafeBytes(of: type) { $0.load(as: UnsafePointer<UInt>.self).pointee }
    self =
      switch word {
      case 0x200: .structure
      case 0x302: .function
      case 0, 0x800...: .object
      default: .other
      }
  }
}

private struct FieldDescription {
  var name: UnsafePointer<CChar>?
  var release: (@convention(c) (UnsafePointer<CChar>?) -> Void)?
  var isStrong = false
  var isVariable = false
}

@_silgen_name("swift_reflectionMirror_recursiveCount")
private func fieldCount(_ type: Any.Type) -> Int

@_silgen_name("swift_reflectionMirror_recursiveChildMetadata")
private func describeField(
  _ type: Any.Type,
  index: Int,
  _ description: UnsafeMutablePointer<FieldDescription>
) -> Any.Type

@_silgen_name("swift_reflectionMirror_recursiveChildOffset")
private func fieldOffset(_ type: Any.Type, index: Int) -> Int
