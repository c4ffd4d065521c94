import Testing

@testable import SourceChecker

@Suite struct MenderTests {
  /// What is left of statements in a function's body.
  private func body(_ statements: String) -> String? {
    scrubbed("void f(void) {\n  \(statements)\n  }").map {
      String($0.dropFirst("void f(void) { ".count).dropLast(2))
    }
  }

  @Test(arguments: [
    ("PAGED_CODE()\n  a();", "PAGED_CODE() ; a();"),
    ("TRACE(1) // here\n  }", "TRACE(1);"),
    ("IF_LOUD(DbgPrint(\"x\");)", "DbgPrint(\"x\");"),
    ("IF_LOUD(a();) IF_LOUD(b();\n) c();", "a(); b(); c();"),
    (
      "TRACE(1) a(2); TYPE(x) y = 1; LOG(2) return 3;",
      "TRACE(1);a(2); TYPE(x) y = 1; LOG(2);return 3;"
    ),
    ("IF_LOUD(a(); b();); c();", "a(); b(); ; c();"),
    ("_SEH2_YIELD(return f(1));", "return f(1) ;"),
    ("DEBUG_CODE ({ a(); });", "{ a(); } ;"),
    ("IF_DEBUG(X) { a(); }", "if (X) { a(); }"),
    ("LIST_FOR_EACH_ENTRY(a, b, struct c, d) { e(); }", "while (a, b, c, d) { e(); }"),
    ("list_for_each(a, b) if (c) FOR_EACH(d) e();", "while (a, b) if (c) while (d) e();"),
    ("p = CONTAINING_RECORD(a, struct b, c);", "p = CONTAINING_RECORD(a, b, c);"),
    ("p = ENTRY(a, const struct b *, c);", "p = ENTRY(a, b , c);"),
    ("p = va_arg(l, PVOID *);", "p = va_arg(l, PVOID );"),
    ("n = offsetof(S, a[1]); m = offsetof(S, b);", "n = Offsetof(S, a[1]); m = offsetof(S, b);"),
    ("TODO f(x == 1, y); FOREVER { a(); } TODO if (b) c();", "f(x == 1, y); { a(); } if (b) c();"),
    ("FUNC_ENTER\n  p = g(a);", "FUNC_ENTER ; p = g(a);"),
    ("PVOID p = g(a); PVOID\n  q; return p;", "PVOID p = g(a); PVOID q; return p;"),
    ("a = b ? c : d(e); else f(g);", "a = b ? c : d(e); else f(g);"),
    ("UNKNOWN PVOID p; sizeof(struct s);", "PVOID p; sizeof(struct s);"),
    ("goto end; end: }", "goto end; end:;"),
    ("n = 1i64 + 0xFFui32 + 5ULL;", "n = 1 + 0xFFu + 5ULL;"),
    (
      "a(b)\n  + c; d = (e)(f); if (g) h(); else i();",
      "a(b) + c; d = (e)(f); if (g) h(); else i();"
    ),
    ("for (a(b); c; d) e(f); x: a(b);", "for (a(b); c; d) e(f); x: a(b);"),
  ])
  func `what macros hide in statements is mended`(source: String, left: String) {
    let isWhole = source.hasSuffix("}") && !source.contains("{")
    #expect(body(isWhole ? String(source.dropLast()) : source) == left)
  }

  @Test(arguments: [
    ("SECTION(\"INIT\") NTSTATUS f(void) { }", "NTSTATUS f(void) { }"),
    ("STDMETHODIMP_(ULONG) f(void) { }", "ULONG f(void) { }"),
    ("PAGED\nstatic int f(void) { }", "static int f(void) { }"),
    ("PVOID *API f(void) { }", "PVOID * f(void) { }"),
    ("static API(int) f(void) { }", "static int f(void) { }"),
    ("static API(int) NTSTATUS f(void) { }", "static NTSTATUS f(void) { }"),
    ("PAGED API NTSTATUS f(void) { }", "NTSTATUS f(void) { }"),
    ("PAGED NTSTATUS API f(void) { }", "API f(void) { }"),
    ("int f(MYIN PVOID p, MYOUT(x) PVOID q) { }", "int f( PVOID p, PVOID q) { }"),
    ("int f(int a) LOCKED(x) CODE { }", "int f(int a) { }"),
    ("int f(a) int a; { }", "int f(a) int a; { }"),
    ("int f(int (*a)(int), T (b)) { }", "int f(int (*a)(int), T (b)) { }"),
  ])
  func `what macros hide in headings is mended`(source: String, left: String) {
    #expect(scrubbed(source) == left)
  }
}
