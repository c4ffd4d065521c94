#define _GNU_SOURCE
#include "CTreeSitter.h"
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// The part of tree-sitter's interface that is used here, as of version 0.26.

typedef struct TSLanguage TSLanguage;
typedef struct TSParser TSParser;
typedef struct TSTree TSTree;
typedef struct { uint32_t row, column; } TSPoint;
typedef struct { uint32_t context[4]; const void *id, *tree; } TSNode;
typedef struct { const void *tree, *id; uint32_t context[3]; } TSTreeCursor;
typedef struct {
  void *payload;
  const char *(*read)(void *payload, uint32_t offset, TSPoint position, uint32_t *count);
  int encoding;
  uint32_t (*decode)(const uint8_t *bytes, uint32_t count, int32_t *code_point);
} TSInput;
typedef struct { void *payload; uint32_t current_byte_offset; bool has_error; } TSParseState;
typedef struct { void *payload; bool (*progress_callback)(TSParseState *state); } TSParseOptions;

// The binary interfaces of grammars that this version of tree-sitter reads.
enum { OLDEST_ABI = 13, NEWEST_ABI = 15 };
enum { ENCODING_CUSTOM = 3, SYMBOL_REGULAR = 0 };

struct ls_tree_sitter {
  const TSLanguage *grammars[2];
  TSParser *(*parser_new)(void);
  void (*parser_delete)(TSParser *);
  bool (*parser_set_language)(TSParser *, const TSLanguage *);
  TSTree *(*parser_parse_with_options)(TSParser *, const TSTree *, TSInput, TSParseOptions);
  void (*tree_delete)(TSTree *);
  TSNode (*tree_root_node)(const TSTree *);
  uint16_t (*node_symbol)(TSNode);
  uint32_t (*node_start_byte)(TSNode);
  uint32_t (*node_end_byte)(TSNode);
  bool (*node_is_named)(TSNode);
  bool (*node_is_missing)(TSNode);
  bool (*node_has_error)(TSNode);
  TSTreeCursor (*tree_cursor_new)(TSNode);
  void (*tree_cursor_delete)(TSTreeCursor *);
  TSNode (*tree_cursor_current_node)(const TSTreeCursor *);
  uint16_t (*tree_cursor_current_field_id)(const TSTreeCursor *);
  bool (*tree_cursor_goto_first_child)(TSTreeCursor *);
  bool (*tree_cursor_goto_next_sibling)(TSTreeCursor *);
  bool (*tree_cursor_goto_parent)(TSTreeCursor *);
  uint32_t (*language_abi_version)(const TSLanguage *);
  uint32_t (*language_symbol_count)(const TSLanguage *);
  const char *(*language_symbol_name)(const TSLanguage *, uint16_t);
  int (*language_symbol_type)(const TSLanguage *, uint16_t);
  uint32_t (*language_field_count)(const TSLanguage *);
  const char *(*language_field_name_for_id)(const TSLanguage *, uint16_t);
};

ls_tree_sitter *ls_tree_sitter_open(const char *path, char *why, int capacity) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    snprintf(why, (size_t)capacity, "%s", dlerror());
    return NULL;
  }
  ls_tree_sitter *library = calloc(1, sizeof *library);
  if (!library) return NULL;
#define FIND(name)                                                         \
  *(void **)&library->name = dlsym(handle, "ts_" #name);                   \
  if (!library->name) {                                                    \
    snprintf(why, (size_t)capacity, "%s has no function ts_" #name, path); \
    free(library);                                                         \
    return NULL;                                                           \
  }
  FIND(parser_new) FIND(parser_delete) FIND(parser_set_language) FIND(parser_parse_with_options)
  FIND(tree_delete) FIND(tree_root_node)
  FIND(node_symbol) FIND(node_start_byte) FIND(node_end_byte) FIND(node_is_named) FIND(node_is_missing)
  FIND(node_has_error)
  FIND(tree_cursor_new) FIND(tree_cursor_delete) FIND(tree_cursor_current_node)
  FIND(tree_cursor_current_field_id) FIND(tree_cursor_goto_first_child) FIND(tree_cursor_goto_next_sibling)
  FIND(tree_cursor_goto_parent)
  FIND(language_abi_version) FIND(language_symbol_count) FIND(language_symbol_name) FIND(language_symbol_type)
  FIND(language_field_count) FIND(language_field_name_for_id)
#undef FIND
  static const char *const names[2] = {"tree_sitter_c", "tree_sitter_cpp"};
  for (int i = 0; i < 2; i++) {
    const TSLanguage *(*grammar)(void);
    *(void **)&grammar = dlsym(handle, names[i]);
    library->grammars[i] = grammar ? grammar() : NULL;
    uint32_t abi = library->grammars[i] ? library->language_abi_version(library->grammars[i]) : 0;
    if (abi < OLDEST_ABI || abi > NEWEST_ABI) {
      snprintf(why, (size_t)capacity, "%s has no usable %s", path, names[i]);
      free(library);
      return NULL;
    }
  }
  return library;
}

uint32_t ls_tree_sitter_symbol_count(const ls_tree_sitter *library, ls_grammar grammar) {
  return library->language_symbol_count(library->grammars[grammar]);
}

uint32_t ls_tree_sitter_field_count(const ls_tree_sitter *library, ls_grammar grammar) {
  return library->language_field_count(library->grammars[grammar]);
}

const char *ls_tree_sitter_symbol_name(const ls_tree_sitter *library, ls_grammar grammar, uint16_t symbol) {
  const TSLanguage *language = library->grammars[grammar];
  if (library->language_symbol_type(language, symbol) != SYMBOL_REGULAR) return NULL;
  return library->language_symbol_name(language, symbol);
}

const char *ls_tree_sitter_field_name(const ls_tree_sitter *library, ls_grammar grammar, uint16_t field) {
  return library->language_field_name_for_id(library->grammars[grammar], field);
}

struct ls_syntax_parser {
  const ls_tree_sitter *library;
  TSParser *parser;
  ls_grammar grammar;
  ls_syntax_node *nodes;
  uint32_t count, capacity;
  // The places of the nodes around the one that is walked to.
  uint32_t *parents;
  uint32_t parents_capacity;
  const ls_text *texts;
  uint32_t hundreds_left;
  uint64_t deadline;
};

ls_syntax_parser *ls_syntax_parser_make(const ls_tree_sitter *library) {
  ls_syntax_parser *parser = calloc(1, sizeof *parser);
  if (parser) parser->library = library;
  return parser;
}

void ls_syntax_parser_destroy(ls_syntax_parser *parser) {
  if (parser->parser) parser->library->parser_delete(parser->parser);
  free(parser->nodes);
  free(parser->parents);
  free(parser);
}

const ls_syntax_node *ls_syntax_parser_nodes(const ls_syntax_parser *parser) { return parser->nodes; }
uint32_t ls_syntax_parser_node_count(const ls_syntax_parser *parser) { return parser->count; }

// The processor time of this thread, in nanoseconds.
static uint64_t processor_time(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool on_progress(TSParseState *state) {
  ls_syntax_parser *parser = state->payload;
  if (parser->hundreds_left-- == 0) return true;
  return parser->hundreds_left % 16 == 0 && processor_time() > parser->deadline;
}

static const char *read_text(void *payload, uint32_t offset, TSPoint position, uint32_t *count) {
  (void)position;
  const ls_syntax_parser *parser = payload;
  for (int i = 0; i < 3; i++) {
    if (offset < parser->texts[i].count) {
      *count = parser->texts[i].count - offset;
      return (const char *)parser->texts[i].bytes + offset;
    }
    offset -= parser->texts[i].count;
  }
  *count = 0;
  return "";
}

static uint32_t decode(const uint8_t *bytes, uint32_t count, int32_t *code_point) {
  (void)count;
  // U+00AA is a letter of which names may be made.
  *code_point = *bytes < 0x80 ? *bytes : 0xAA;
  return 1;
}

// Makes room for one more.
static bool grow(void **items, uint32_t count, uint32_t *capacity, size_t size) {
  if (count < *capacity) return true;
  uint32_t wanted = *capacity ? *capacity * 2 : 1024;
  void *larger = realloc(*items, wanted * size);
  if (!larger) return false;
  *items = larger;
  *capacity = wanted;
  return true;
}

static ls_syntax_result flatten(ls_syntax_parser *self, TSTreeCursor *cursor, ls_syntax_limits limits) {
  const ls_tree_sitter *library = self->library;
  uint32_t depth = 0;
  for (;;) {
    if (self->count >= limits.nodes) return LS_SYNTAX_TOO_MANY_NODES;
    if (!grow((void **)&self->nodes, self->count, &self->capacity, sizeof *self->nodes)) return LS_SYNTAX_FAILED;
    TSNode node = library->tree_cursor_current_node(cursor);
    uint16_t symbol = library->node_symbol(node);
    self->nodes[self->count] = (ls_syntax_node){
      .symbol = symbol,
      .field = library->tree_cursor_current_field_id(cursor),
      .start = library->node_start_byte(node),
      .end = library->node_end_byte(node),
      .next = self->count + 1,
      .flags = (uint8_t)((library->node_is_named(node) ? LS_NODE_NAMED : 0) |
                         (symbol == UINT16_MAX ? LS_NODE_ERROR : 0) |
                         (library->node_is_missing(node) ? LS_NODE_MISSING : 0) |
                         (library->node_has_error(node) ? LS_NODE_HAS_ERROR : 0)),
    };
    uint32_t here = self->count++;
    if (library->tree_cursor_goto_first_child(cursor)) {
      if (depth >= limits.depth) return LS_SYNTAX_TOO_DEEP;
      if (!grow((void **)&self->parents, depth, &self->parents_capacity, sizeof *self->parents))
        return LS_SYNTAX_FAILED;
      self->parents[depth++] = here;
      continue;
    }
    while (!library->tree_cursor_goto_next_sibling(cursor)) {
      if (depth == 0) return LS_SYNTAX_PARSED;
      self->nodes[self->parents[--depth]].next = self->count;
      library->tree_cursor_goto_parent(cursor);
    }
  }
}

static void forget_parser(ls_syntax_parser *self) {
  self->library->parser_delete(self->parser);
  self->parser = NULL;
}

ls_syntax_result ls_syntax_parser_parse(ls_syntax_parser *self, ls_grammar grammar, const ls_text texts[3],
                                        ls_syntax_limits limits) {
  const ls_tree_sitter *library = self->library;
  self->count = 0;
  if (!self->parser || self->grammar != grammar) {
    if (!self->parser) self->parser = library->parser_new();
    if (!self->parser) return LS_SYNTAX_FAILED;
    if (!library->parser_set_language(self->parser, library->grammars[grammar])) {
      forget_parser(self);
      return LS_SYNTAX_FAILED;
    }
    self->grammar = grammar;
  }
  self->texts = texts;
  self->hundreds_left = limits.hundreds;
  self->deadline = processor_time() + (uint64_t)limits.milliseconds * 1000000u;
  TSInput input = {.payload = self, .read = read_text, .encoding = ENCODING_CUSTOM, .decode = decode};
  TSTree *tree = library->parser_parse_with_options(
    self->parser, NULL, input, (TSParseOptions){.payload = self, .progress_callback = on_progress});
  self->texts = NULL;
  if (!tree) {
    // It would go on where it stopped.
    forget_parser(self);
    return LS_SYNTAX_TOO_LONG;
  }
  TSTreeCursor cursor = library->tree_cursor_new(library->tree_root_node(tree));
  ls_syntax_result result = flatten(self, &cursor, limits);
  library->tree_cursor_delete(&cursor);
  library->tree_delete(tree);
  if (result != LS_SYNTAX_PARSED) self->count = 0;
  return result;
}
