#include "CBareEngine.h"
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct uc_struct uc_engine;
typedef size_t uc_hook;
typedef struct { uint64_t physical; uint32_t permissions; } tlb_entry;
typedef struct { uint16_t selector; uint64_t base; uint32_t limit, flags; } table_register;

// Unicorn's numbers.
enum {
  ARCH_X86 = 4, MODE_32 = 4, MODE_64 = 8, HOOK_TLB_FILL = 1 << 17, TLB_VIRTUAL = 1,
  MEM_WRITE = 17, MEM_FETCH = 18,
  REG_GDTR = 243, REG_CS = 11, REG_DS = 17, REG_ES = 28, REG_SS = 49,
};
static const uint32_t CTL_TLB_TYPE = 0x4400000C, CTL_TLB_FLUSH = 0x4000000B;

// Where things are in the guest's memory, from its end: the stack, and below it where calls return to.
enum {
  STACK = BARE_MEMORY_SIZE, RETURN = BARE_MEMORY_SIZE - 0x11000,
  DESCRIPTORS = BARE_MEMORY_SIZE - 0x12000,
};

struct bare_engine {
  uc_engine *uc;
  int (*reg_read)(uc_engine *, int, void *);
  int (*reg_write)(uc_engine *, int, const void *);
  int (*emu_start)(uc_engine *, uint64_t, uint64_t, uint64_t, size_t);
  int (*ctl)(uc_engine *, uint32_t, ...);
  char *memory;
  uint64_t base;
  bool is_64_bit, fetched[BARE_MEMORY_SIZE >> 12];
};

static bool on_fill(uc_engine *uc, uint64_t address, int type, tlb_entry *entry, void *user) {
  bare_engine *engine = user;
  uint64_t offset = engine->is_64_bit ? address - engine->base : (uint32_t)(address - engine->base);
  if (offset >= BARE_MEMORY_SIZE) return false;
  entry->physical = offset & ~0xFFFull;
  bool *fetched = &engine->fetched[offset >> 12];
  if (type == MEM_FETCH) {
    entry->permissions = 5;
    if (!*fetched) engine->ctl(uc, CTL_TLB_FLUSH);
    *fetched = true;
  } else {
    entry->permissions = type != MEM_WRITE ? 1 : *fetched ? 7 : 3;
  }
  return true;
}

static void write_register(bare_engine *engine, int number, uint64_t value) {
  engine->reg_write(engine->uc, number, &value);
}

// The same flat segments as Lockstep's.
static void set_segments(bare_engine *engine) {
  static const uint64_t descriptors[] = {
    0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF, 0x00CFFB000000FFFF, 0x00CFF3000000FFFF,
  };
  memcpy(engine->memory + DESCRIPTORS, descriptors, sizeof descriptors);
  table_register table = {.base = engine->base + DESCRIPTORS, .limit = sizeof descriptors - 1};
  engine->reg_write(engine->uc, REG_GDTR, &table);
  write_register(engine, REG_CS, 0x08);
  write_register(engine, REG_SS, 0x10);
  write_register(engine, REG_DS, 0x23);
  write_register(engine, REG_ES, 0x23);
}

bare_engine *bare_engine_make(const char *path, bool is_64_bit) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) return NULL;
  bare_engine *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  int (*open)(int, int, uc_engine **);
  int (*mem_map_ptr)(uc_engine *, uint64_t, uint64_t, uint32_t, void *);
  int (*hook_add)(uc_engine *, uc_hook *, int, void *, void *, uint64_t, uint64_t, ...);
#define FIND(pointer, name)                                  \
  *(void **)&pointer = dlsym(library, name);                 \
  if (!pointer) goto failed;
  FIND(open, "uc_open") FIND(mem_map_ptr, "uc_mem_map_ptr") FIND(hook_add, "uc_hook_add")
  FIND(engine->reg_read, "uc_reg_read") FIND(engine->reg_write, "uc_reg_write")
  FIND(engine->emu_start, "uc_emu_start") FIND(engine->ctl, "uc_ctl")
#undef FIND
  engine->is_64_bit = is_64_bit;
  engine->base = is_64_bit ? 0xFFFFF88000000000 : 0x80000000;
  engine->memory = mmap(NULL, BARE_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);
  if (engine->memory == MAP_FAILED) goto failed;
  engine->memory[RETURN] = (char)0xF4;
  uc_hook hook;
  if (open(ARCH_X86, is_64_bit ? MODE_64 : MODE_32, &engine->uc)
      || mem_map_ptr(engine->uc, 0, BARE_MEMORY_SIZE, 7, engine->memory)
      || engine->ctl(engine->uc, CTL_TLB_TYPE, TLB_VIRTUAL)
      || hook_add(engine->uc, &hook, HOOK_TLB_FILL, on_fill, engine, 1, 0))
    goto failed;
  if (!is_64_bit) set_segments(engine);
  return engine;
failed:
  free(engine);
  return NULL;
}

uint64_t bare_engine_base(const bare_engine *engine) { return engine->base; }
void *bare_engine_memory(bare_engine *engine) { return engine->memory; }

int64_t bare_engine_call(bare_engine *engine, uint64_t function, uint64_t first, uint64_t second) {
  uint64_t end = engine->base + RETURN;
  uint64_t stack;
  if (engine->is_64_bit) {
    stack = STACK - 0x100 - 8;
    memcpy(engine->memory + stack, &end, 8);
    write_register(engine, 38, first);
    write_register(engine, 40, second);
  } else {
    uint32_t words[] = {(uint32_t)end, (uint32_t)first, (uint32_t)second};
    stack = STACK - 0x100;
    memcpy(engine->memory + stack, words, sizeof words);
  }
  write_register(engine, engine->is_64_bit ? 44 : 30, engine->base + stack);
  int program_counter = engine->is_64_bit ? 41 : 26;
  uint64_t place = function;
  for (int64_t count = 0;; count++) {
    if (engine->emu_start(engine->uc, place, 0, 0, 0)) return -1;
    place = 0;
    engine->reg_read(engine->uc, program_counter, &place);
    if (place == end + 1) return count;
  }
}
