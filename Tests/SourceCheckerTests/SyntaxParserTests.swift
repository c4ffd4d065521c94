import Testing

@testable import SourceChecker

@Suite struct SyntaxParserTests {
  let parser: SyntaxParser

  init() throws {
    parser = SyntaxParser(try TreeSitterLibrary())
  }

  private func parse(
    _ text: String,
    _ language: SourceText.Language = .c
  ) throws -> (SyntaxTree, [UInt8]) {
    let bytes = Array(text.utf8)
    return (try parser.parse(bytes, range: 0..<bytes.count, language: language), bytes)
  }

  /// The named nodes' kinds, with brackets around what is below one.
  private func shape(_ tree: SyntaxTree, _ index: SyntaxTree.Index = 0) -> String {
    let children = tree.namedChildren(of: index).map { shape(tree, $0) }
    let kind = "\(tree[index].kind)"
    return children.isEmpty ? kind : "\(kind)(\(children.joined(separator: " ")))"
  }

  @Test func `a small C function has the shape that the grammar gives it`() throws {
    let (tree, _) = try parse("void f(int a) { g(a + 1); }\n")
    #expect(!tree[tree.root].hasError)
    #expect(
      shape(tree)
        == "translationUnit(functionDefinition(primitiveType"
        + " functionDeclarator(identifier parameterList(parameterDeclaration(primitiveType identifier)))"
        + " compoundStatement(expressionStatement(callExpression(identifier"
        + " argumentList(binaryExpression(identifier numberLiteral)))))))"
    )
  }

  @Test func `a small piece of C++ has the shape that the grammar gives it`() throws {
    let (tree, _) = try parse("NTSTATUS C::f() { for (auto x : y) delete x; }\n", .cPlusPlus)
    #expect(!tree[tree.root].hasError)
    #expect(
      shape(tree)
        == "translationUnit(functionDefinition(typeIdentifier"
        + " functionDeclarator(qualifiedIdentifier(namespaceIdentifier identifier) parameterList)"
        + " compoundStatement(forRangeLoop(placeholderTypeSpecifier(autoType) identifier identifier"
        + " expressionStatement(deleteExpression(identifier))))))"
    )
  }

  @Test func `a node knows what it is to its parent`() throws {
    let (tree, bytes) = try parse("int x = a + b;")
    let sum = try #require(tree.nodes.indices.first { tree.nodes[$0].kind == .binaryExpression })
    func text(_ field: NodeField) throws -> String {
      let child = try #require(tree.child(of: SyntaxTree.Index(sum), field))
      return String(decoding: bytes[tree[child].range], as: UTF8.self)
    }
    #expect(try text(.left) == "a")
    #expect(try text(.operator) == "+")
    #expect(try text(.right) == "b")
    #expect(tree.nodes[sum].field == .value)
  }

  @Test func `siblings and children are found by their places`() throws {
    let (tree, _) = try parse("int a; int b; int c;")
    let first = try #require(tree.firstChild(of: tree.root))
    let second = try #require(tree.sibling(after: first, in: tree.root))
    let third = try #require(tree.sibling(after: second, in: tree.root))
    #expect(Array(tree.children(of: tree.root)) == [first, second, third])
    #expect(tree.sibling(after: third, in: tree.root) == nil)
    #expect(tree[third].range == 14..<20)
    let leaf = SyntaxTree.Index(tree.nodes.count - 1)
    #expect(tree.firstChild(of: leaf) == nil)
  }

  @Test func `offsets are those of the file, also within a prefix and a suffix`() throws {
    let bytes = Array("#define M(x) g(x, 1)\n".utf8)
    let tree = try parser.parse(
      bytes,
      range: 13..<20,
      language: .c,
      prefix: "void f(void) {",
      suffix: ";}"
    )
    #expect(!tree[tree.root].hasError)
    let call = try #require(tree.nodes.first { $0.kind == .callExpression })
    #expect(call.range == 13..<20)
    let body = try #require(tree.nodes.first { $0.kind == .compoundStatement })
    #expect(body.range == 13..<20)
  }

  @Test func `what breaks the grammar is marked and the rest is parsed`() throws {
    let (tree, _) = try parse("void f(void) { a = ; }\nint x\nvoid g(void) { h(1); }\n")
    #expect(tree[tree.root].hasError)
    let good = try #require(tree.nodes.last { $0.kind == .callExpression })
    #expect(!good.hasError)
    #expect(tree.nodes.contains { $0.flags.contains(.error) || $0.flags.contains(.missing) })
  }

  @Test func `letters outside ASCII are accepted in every encoding`() throws {
    let bytes =
      Array("char *s = \"".utf8) + [0xCF, 0xF0, 0xE8] + Array("\"; int ".utf8) + [0xE9, 0x3B]
    let tree = try parser.parse(bytes, range: 0..<bytes.count, language: .c)
    #expect(!tree[tree.root].hasError)
  }

  @Test func `an empty range and one beyond the file give an empty tree`() throws {
    let bytes = Array("int a;".utf8)
    #expect(try parser.parse(bytes, range: 3..<3, language: .c).nodes.count == 1)
    #expect(try parser.parse(bytes, range: 90..<99, language: .cPlusPlus).nodes.count == 1)
    #expect(try parser.parse([], range: 0..<0, language: .c).nodes.count == 1)
  }

  @Test func `every kind and field is known to a grammar`() throws {
    let library = try TreeSitterLibrary()
    let kinds = library.c.knownKinds.union(library.cPlusPlus.knownKinds)
    #expect(Set(NodeKind.allCases).subtracting(kinds).subtracting([.error, .other]) == [])
    let fields = library.c.knownFields.union(library.cPlusPlus.knownFields)
    #expect(Set(NodeField.allCases).subtracting(fields).subtracting([.other]) == [])
  }

  @Test func `a library that is none is refused in one line`() {
    #expect {
      try TreeSitterLibrary(paths: ["/nowhere/libtree-sitter.so"])
    } throws: { error in
      let message = (error as? TreeSitterLibrary.Unavailable)?.message ?? ""
      return message.contains("run Tools/setup") && message.contains("/nowhere")
        && !message.contains("\n")
    }
  }
}
