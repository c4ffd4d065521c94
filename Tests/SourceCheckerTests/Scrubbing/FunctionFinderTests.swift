import Testing

@testable import SourceChecker

@Suite struct FunctionFinderTests {
  /// The names of the functions of a source's first reading.
  private func names(_ source: String, _ language: SourceText.Language = .c) -> [String] {
    readings(of: source, language).first?.functions.map(\.name) ?? []
  }

  @Test(arguments: [
    ("NTSTATUS\nDriverEntry(\n  PDRIVER_OBJECT d)\n{ return 0; }", "DriverEntry"),
    ("DRIVER_DISPATCH Foo; NTSTATUS Foo(PIRP p) { if (x) { } }", "Foo"),
    ("int f(a, b) int a; char *b; { }", "f"),
    ("PCHAR_API(char *) Get(int a) { }", "Get"),
    ("int API(Get)(int a) { }", "Get"),
    ("static struct S *f(struct S a) { }", "f"),
    ("struct S { int a; }; enum E { A }; int x[] = { 1 }; void f(void) { }", "f"),
    ("extern \"C\" { void f(void) { } }", "f"),
    ("DECLARE_THING(a)\nint f(int x)\n{ }", "f"),
    ("MODULE(a)\nint b;\nint f(int x)\n{ }", "f"),
    ("f(x) { }", "f"),
    ("VOID (*f(int a))(int) { }", "f"),
    ("extern \"C\" int f(void) { g(); }", "f"),
    ("VOID f(x) REQUIRES(y) { }", "f"),
    ("void FOO(int a) { }", "FOO"),
  ])
  func `a function is found by its heading`(source: String, name: String) {
    #expect(names(source) == [name])
  }

  @Test(arguments: [
    ("class A : public B { public: A(int x) : y(x), z{x} { } int f() const { } };", ["A", "f"]),
    ("namespace a { namespace b { void f() { } } void g() { } }", ["f", "g"]),
    (
      "A::~A() { } A &A::operator=(const A &a) { } bool operator()(int a) { }",
      ["~A", "operator=", "operator()"]
    ),
    ("template <class T> T f(T t) { }", ["f"]),
    ("A::A(int a) : b(a) { } auto l = [](int a) { }; void f() { }", ["A", "f"]),
    ("enum class E : int { a }; struct S { }; void *operator new(size_t n) { }", ["operatornew"]),
  ])
  func `functions of C++ are found in classes and namespaces`(source: String, found: [String]) {
    #expect(names(source, .cPlusPlus) == found)
  }

  @Test
  func `a function spans its return type and its closing brace`() throws {
    let source = "int a;\nstatic NTSTATUS NTAPI\nf(int x)\n{ { } }\nint b;"
    let function = try #require(readings(of: source).first?.functions.first)
    #expect(part(source, function.range) == "static NTSTATUS NTAPI\nf(int x)\n{ { } }")
    #expect(part(source, function.body..<function.range.upperBound) == "{ { } }")
  }

  @Test
  func `a missing brace spoils one function`() throws {
    let source =
      "int a(void) {\n  if (x) {\n}\nint b(void) {\n}\nint c(int y)\n{\n  }\n}\nint d(void) {\n}"
    let functions = try #require(readings(of: source).first).functions
    #expect(functions.map(\.name) == ["a", "b", "c", "d"])
    #expect(functions.map(\.range.count) == [26, 15, 18, 15])
  }

  @Test
  func `branches that each open a brace count once`() {
    let source =
      "void f(void) {\n#ifdef X\n  if (a) {\n#else\n  if (b) {\n#endif\n  }\n}\nvoid g(void) { }"
    for reading in readings(of: source) { #expect(reading.functions.map(\.name) == ["f", "g"]) }
  }
}
