import Testing

@testable import SourceChecker

@Suite struct ScrubberTests {
  @Test(arguments: [
    ("a /* b */ c", "a c"),
    ("a // b \\\n still\nc", "a c"),
    ("a \\\n b", "a b"),
    ("#define A b\nc", "c"),
    ("#define A(x) \\\n  f(x) /* \n */ \n c", "c"),
    ("  # pragma once\nx", "x"),
    ("#error don't\nx", "x"),
    ("#define U \"http://\" // c \\\n d\nx", "x"),
    ("s = \"/* no */ // no\";", "s = \"/* no */ // no\";"),
    ("c = '\"'; d = '\\''; e = L'x';", "c = '\"'; d = '\\''; e = L'x';"),
    ("s = \"a \\\n b\"; c", "s = \"a \" \"b\"; c"),
    ("a = \"open\nb = 1;", "a = b = 1;"),
  ])
  func `comments, directives and joined lines are blanked, literals are not`(
    source: String,
    left: String
  ) {
    #expect(scrubbed(source) == left)
  }

  @Test(arguments: [
    ([0x95, 0x5C], "a b"),
    ([0xE9, 0x81, 0x5C], "a"),
    ([0xD0, 0x96, 0x5C], "a"),
  ])
  func `a comment in a wide code page ends with its line`(end: [UInt8], left: String) {
    let bytes = Array("a // ".utf8) + end + Array("\nb".utf8)
    let text = SourceText(path: "a.c", language: .c, bytes: bytes)
    #expect(Scrubber.readings(of: text).map(\.words) == [left])
  }

  @Test
  func `raw strings are one literal in C++`() {
    let source = "s = R\"x( \" // )\" )x\"; t"
    #expect(scrubbed(source, .cPlusPlus) == source)
    #expect(scrubbed("n = 1'000'000; // c", .cPlusPlus) == "n = 1'000'000;")
  }

  @Test(arguments: [
    (
      "NTSTATUS NTAPI f(_In_ PMDL m, _Out_writes_bytes_(g(n)) PVOID p);",
      "NTSTATUS f( PMDL m, PVOID p);"
    ),
    ("void f(IN OUT PMDL m OPTIONAL, __in_bcount(n) PVOID p);", "void f( PMDL m , PVOID p);"),
    ("f(IN, OUT); x = IN + OUT; enum { IN, OUT };", "f(IN, OUT); x = IN + OUT; enum { IN, OUT };"),
    ("char far *p; x = far * 2; near = 3;", "char *p; x = far * 2; near = 3;"),
    (
      "_Must_inspect_result_ _IRQL_requires_max_(2) __drv_maxIRQL(2)\nNTSTATUS f(void);",
      "NTSTATUS f(void);"
    ),
    ("__declspec(align(8)) int x; __attribute__((packed)) int y;", "int x; int y;"),
    ("DECLSPEC_ALIGN(16) int x; DECLSPEC_NOINLINE void f(void);", "int x; void f(void);"),
    ("typedef void (__stdcall *P)(int); EXTERN_C int y;", "typedef void ( *P)(int); int y;"),
    ("__pragma(warning(push)) _Pragma(\"x\") int a;", "int a;"),
    (
      "_Analysis_assume_(x > 1); __analysis_assume(y);",
      "_Analysis_assume_(x > 1); __analysis_assume(y);"
    ),
    (
      "x = \"_In_ NTAPI\"; _X86_ = _In_out; y = NTAPIS;",
      "x = \"_In_ NTAPI\"; _X86_ = _In_out; y = NTAPIS;"
    ),
    ("FORCEINLINE static __inline int f(CONST char *p) { }", "static int f( char *p) { }"),
    ("int * UNALIGNED p; void * POINTER_32 q; ULONG __ptr64 *r;", "int * p; void * q; ULONG *r;"),
    ("x = CONST; f(STATIC, INLINE);", "x = CONST; f(STATIC, INLINE);"),
    ("PUBLIC void f(void); PUBLIC = 1;", "void f(void); PUBLIC = 1;"),
    (
      "#define API __stdcall\n#define EMPTY\n#define VAL 3\nint API f(EMPTY int a) { return VAL; }",
      "int f( int a) { return VAL; }"
    ),
  ])
  func `annotations and calling conventions are blanked where they are none of the grammar's`(
    source: String,
    left: String
  ) {
    #expect(scrubbed(source) == left)
  }

  @Test(arguments: [
    ("f(); __asm { mov eax, 1 ; don't\n }\n g();", "f(); { } g();"),
    ("f();\n__asm int 3\ng();", "f(); ; g();"),
    ("f(); _asm\n{ cli\n#if 1\nsti\n#endif\n} g();", "f(); { } g();"),
    ("__asm // why\n{ cli }", "{ }"),
    ("if (x) { __asm cli }", "if (x) { ; }"),
    ("asm volatile (\"a)\" : : \"r\"(x)); g();", "; g();"),
    ("__asm__ __volatile__ (\"hlt\")\ng();", "; g();"),
    ("int f(void) __asm__(\"g\");", "int f(void) ;"),
    ("asm = 1;", "asm = 1;"),
  ])
  func `inline assembly leaves an empty statement or block`(source: String, left: String) {
    #expect(scrubbed(source) == left)
  }

  @Test
  func `macros are remembered with their bodies`() throws {
    let source = """
      #define MAP(m, p) \\
        MmMapLockedPages((m), (p)) /* tail */
      #define FLAG
      #define LOG(f, ...) DbgPrint(f) // see
      # define ADD (a + b)

      """
    let macros = try #require(readings(of: source).first).macros
    #expect(macros.map(\.name) == ["MAP", "FLAG", "LOG", "ADD"])
    #expect(macros.map(\.parameters) == [["m", "p"], nil, ["f", "..."], nil])
    #expect(
      macros.map { part(source, $0.body) } == [
        "MmMapLockedPages((m), (p))", "", "DbgPrint(f)", "(a + b)",
      ]
    )
  }
}
