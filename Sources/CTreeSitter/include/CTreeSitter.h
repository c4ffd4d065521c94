// tree-sitter and its grammars of C and C++, loaded at run time.
//
// Lockstep builds without tree-sitter and does not link it: the library that Tools/setup compiles is
// opened by path, and refused if it or its grammars have another binary interface than is known here.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// The functions of a loaded library, and its grammars. It is never changed once it is open.
typedef struct ls_tree_sitter ls_tree_sitter;

/// A parser, for one thread at a time.
typedef struct ls_syntax_parser ls_syntax_parser;

typedef enum { LS_GRAMMAR_C, LS_GRAMMAR_CPP } ls_grammar;

/// A node, in the order in which nodes begin, parents before children.
typedef struct {
  /// The grammar's number for the node's type; 65535 for an error.
  uint16_t symbol;
  /// The grammar's number for the field of its parent that it is, or 0.
  uint16_t field;
  /// What it spans.
  uint32_t start, end;
  /// The place of the first node that is not below this one.
  uint32_t next;
  /// LS_NODE_…
  uint8_t flags;
} ls_syntax_node;

enum { LS_NODE_NAMED = 1, LS_NODE_ERROR = 2, LS_NODE_MISSING = 4, LS_NODE_HAS_ERROR = 8 };

/// A stretch of text.
typedef struct {
  const uint8_t *bytes;
  uint32_t count;
} ls_text;

/// When to give up.
typedef struct {
  uint32_t nodes, depth;
  /// The operations that the parser may take, in hundreds.
  uint32_t hundreds;
  /// The processor time that it may take, in milliseconds.
  uint32_t milliseconds;
} ls_syntax_limits;

typedef enum {
  LS_SYNTAX_PARSED,
  LS_SYNTAX_TOO_MANY_NODES,
  LS_SYNTAX_TOO_DEEP,
  LS_SYNTAX_TOO_LONG,
  LS_SYNTAX_FAILED,
} ls_syntax_result;

/// Opens a library. On failure returns NULL and puts the reason into `why`.
ls_tree_sitter *ls_tree_sitter_open(const char *path, char *why, int capacity);

/// The numbers of a grammar: of node types from 0, of fields from 1.
uint32_t ls_tree_sitter_symbol_count(const ls_tree_sitter *library, ls_grammar grammar);
uint32_t ls_tree_sitter_field_count(const ls_tree_sitter *library, ls_grammar grammar);
/// The name of a type of nodes that are more than tokens, or NULL.
const char *ls_tree_sitter_symbol_name(const ls_tree_sitter *library, ls_grammar grammar, uint16_t symbol);
const char *ls_tree_sitter_field_name(const ls_tree_sitter *library, ls_grammar grammar, uint16_t field);

/// Makes a parser. Returns NULL on failure.
ls_syntax_parser *ls_syntax_parser_make(const ls_tree_sitter *library);
void ls_syntax_parser_destroy(ls_syntax_parser *parser);

/// Parses three texts as one. Each byte that is not ASCII is taken for a letter, whatever the encoding.
ls_syntax_result ls_syntax_parser_parse(ls_syntax_parser *parser, ls_grammar grammar, const ls_text texts[3],
                                        ls_syntax_limits limits);

/// The nodes of what was parsed last, until the next parse.
const ls_syntax_node *ls_syntax_parser_nodes(const ls_syntax_parser *parser);
uint32_t ls_syntax_parser_node_count(const ls_syntax_parser *parser);
