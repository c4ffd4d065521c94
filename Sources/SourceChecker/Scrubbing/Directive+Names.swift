extension Directive.Condition {
  /// Names of which one is defined where the other is not: of compilers, systems and processors.
  static let opposites = [
    "_X86_": "_WIN64", "_M_IX86": "_WIN64", "__i386__": "_WIN64", "i386": "_WIN64",
    "__GNUC__": "_MSC_VER", "__MINGW32__": "_MSC_VER",
    "__linux__": "_WIN32", "linux": "_WIN32", "__APPLE__": "_WIN32", "__FreeBSD__": "_WIN32",
    "RT_OS_LINUX": "RT_OS_WINDOWS", "RT_OS_DARWIN": "RT_OS_WINDOWS",
  ]

  /// Creates the condition that a name is defined.
  init(name: String, isNegated: Bool, isCPlusPlus: Bool) {
    let opposite = Self.opposites[name]
    self.init(
      expression: "defined(\(name))",
      isNegated: isNegated,
      variable: opposite ?? name,
      isOpposite: opposite != nil,
      constant: name == "__cplusplus" ? isCPlusPlus : nil
    )
  }
}
