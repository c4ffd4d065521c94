#include "CUnicorn.h"
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct uc_struct uc_engine;
typedef struct uc_context uc_context;
typedef size_t uc_hook;
typedef struct { uint64_t physical; uint32_t permissions; } tlb_entry;
typedef struct { uint64_t pc; uint16_t count, size; } translation_block;
typedef struct { uint16_t selector; uint64_t base; uint32_t limit, flags; } table_register;
typedef struct { uint32_t number; uint64_t value; } msr_value;

// Unicorn's numbers, beside the registers in the header.
enum {
  ARCH_X86 = 4, MODE_32 = 4, MODE_64 = 8,
  HOOK_INTR = 1, HOOK_INSN = 2, HOOK_CODE = 4, HOOK_BLOCK = 8, HOOK_READ_PROT = 1 << 7, HOOK_WRITE_PROT = 1 << 8,
  HOOK_TLB_FILL = 1 << 17,
  INSN_IN = 218, INSN_OUT = 500,
  ERR_OK = 0, ERR_INSN_INVALID = 10, ERR_EXCEPTION = 21,
  MEM_WRITE = 17, MEM_FETCH = 18, MEM_WRITE_PROT = 22,
  REG_GDTR = 243, REG_MSR = 248,
  TLB_CPU = 0, TLB_VIRTUAL = 1,
};
static const uint32_t CTL_TLB_TYPE = 0x4400000C, CTL_TLB_FLUSH = 0x4000000B;
static const uint32_t CTL_TB_FLUSH = 0x4000000A, CTL_TB_REQUEST = 0xC8000008;

struct ls_library {
  unsigned (*version)(unsigned *, unsigned *);
  int (*open)(int, int, uc_engine **);
  int (*close)(uc_engine *);
  int (*reg_read)(uc_engine *, int, void *);
  int (*reg_write)(uc_engine *, int, const void *);
  int (*reg_read_batch)(uc_engine *, int *, void **, int);
  int (*mem_map_ptr)(uc_engine *, uint64_t, uint64_t, uint32_t, void *);
  int (*mem_protect)(uc_engine *, uint64_t, uint64_t, uint32_t);
  int (*mmio_map)(uc_engine *, uint64_t, uint64_t, void *, void *, void *, void *);
  int (*emu_start)(uc_engine *, uint64_t, uint64_t, uint64_t, size_t);
  int (*emu_stop)(uc_engine *);
  int (*hook_add)(uc_engine *, uc_hook *, int, void *, void *, uint64_t, uint64_t, ...);
  int (*ctl)(uc_engine *, uint32_t, ...);
  int (*context_alloc)(uc_engine *, uc_context **);
  int (*context_save)(uc_engine *, uc_context *);
  int (*context_restore)(uc_engine *, uc_context *);
  int (*context_free)(uc_context *);
  size_t (*context_size)(uc_engine *);
  // Where a saved context holds the number of the last exception.
  size_t old_exception;
};

// How many instructions the block at an address has. Blocks that share a line are counted anew.
typedef struct { uint64_t pc; uint32_t size, count; } block_weight;
enum { WEIGHTS = 4096 };

struct ls_engine {
  const ls_library *library;
  uc_engine *uc;
  ls_owner owner;
  uint64_t watched;
  // The instructions that may still be executed, and the number of them at which to stop.
  int64_t left;
  uint64_t limit;
  // Where the block that runs ends, and where it goes on after an instruction that was skipped.
  uint64_t block_end, resumed;
  uc_context *scratch;
  int registers[7];
  ls_registers known;
  bool is_64_bit, wants_stop, over_budget, took_exception, probing;
  uint32_t exception, error;
  block_weight weights[WEIGHTS];
};

static size_t find_old_exception(const ls_library *library);

ls_library *ls_library_open(const char *path, char *why, int capacity) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    snprintf(why, (size_t)capacity, "%s", dlerror());
    return NULL;
  }
  ls_library *library = calloc(1, sizeof *library);
  if (!library) return NULL;
#define FIND(name)                                                              \
  *(void **)&library->name = dlsym(handle, "uc_" #name);                        \
  if (!library->name) {                                                         \
    snprintf(why, (size_t)capacity, "%s has no function uc_" #name, path);      \
    free(library);                                                              \
    return NULL;                                                                \
  }
  FIND(version) FIND(open) FIND(close) FIND(reg_read) FIND(reg_write) FIND(reg_read_batch)
  FIND(mem_map_ptr)
  FIND(mem_protect) FIND(mmio_map) FIND(emu_start) FIND(emu_stop) FIND(hook_add) FIND(ctl) FIND(context_alloc)
  FIND(context_save) FIND(context_restore) FIND(context_free) FIND(context_size)
#undef FIND
  // 2.1 packs its version as major, minor, patch, extra; 2.0 as major, minor.
  unsigned version = library->version(0, 0);
  if (version < 0x02010300u) {
    unsigned major = version > 0xFFFF ? version >> 24 : version >> 8;
    unsigned minor = version > 0xFFFF ? version >> 16 & 255 : version & 255;
    snprintf(why, (size_t)capacity, "%s is Unicorn %u.%u; 2.1.3 or later is needed", path, major, minor);
    free(library);
    return NULL;
  }
  library->old_exception = find_old_exception(library);
  if (!library->old_exception) {
    snprintf(why, (size_t)capacity, "%s does not show where a processor keeps its last exception", path);
    free(library);
    return NULL;
  }
  return library;
}

// Hooks

// The block goes beyond the limit: it does not run now.
static __attribute__((noinline, cold)) void on_limit(ls_engine *engine, uint64_t address) {
  if (engine->probing) return;
  engine->left += engine->weights[address >> 1 & (WEIGHTS - 1)].count;
  engine->over_budget = true;
  engine->library->emu_stop(engine->uc);
}

// Counts a block that is not in the table, or that goes on where an instruction was skipped.
static __attribute__((noinline, cold)) void on_rare_block(ls_engine *engine, uint64_t address,
                                                          uint32_t size) {
  block_weight *weight = &engine->weights[address >> 1 & (WEIGHTS - 1)];
  translation_block block = {0};
  int error = engine->library->ctl(engine->uc, CTL_TB_REQUEST, address, &block);
  weight->pc = address;
  weight->size = size;
  weight->count = error == ERR_OK && block.count ? block.count : 1;
  uint64_t end = address + size;
  if (address == engine->resumed) {
    engine->resumed = UINT64_MAX;
    // What is left of a block was counted with the block.
    if (end == engine->block_end) return;
  }
  engine->block_end = end;
  engine->left -= weight->count;
  if (engine->left < 0) on_limit(engine, address);
}

// As short as can be, so that it costs hardly more than a hook that does nothing. What is rare is a tail
// call: registers need not be saved for it.
static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  ls_engine *engine = user;
  (void)uc;
  block_weight *weight = &engine->weights[address >> 1 & (WEIGHTS - 1)];
  // Code that was changed can make a block of another size.
  if (__builtin_expect(weight->pc != address || weight->size != size, 0))
    return on_rare_block(engine, address, size);
  engine->block_end = address + size;
  engine->left -= weight->count;
  if (__builtin_expect(engine->left < 0, 0)) on_limit(engine, address);
}

static bool on_fill(uc_engine *uc, uint64_t address, int type, tlb_entry *entry, void *user) {
  ls_engine *engine = user;
  (void)uc;
  int access = type == MEM_WRITE ? 1 : type == MEM_FETCH ? 2 : 0;
  return engine->owner.fill(engine->owner.context, address, access, &entry->physical,
                            &entry->permissions);
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *user) {
  ls_engine *engine = user;
  engine->took_exception = true;
  engine->exception = number;
  engine->library->emu_stop(uc);
}

// The watched range may be neither read nor written, by Unicorn's own permissions: so each access is
// announced here as the instruction makes it, with its instruction's address, and then let through.
static bool on_access(uc_engine *uc, int type, uint64_t address, int size, int64_t value, void *user) {
  ls_engine *engine = user;
  (void)uc;
  (void)value;
  engine->owner.access(engine->owner.context, address - engine->watched, (uint32_t)size,
                       type == MEM_WRITE_PROT);
  return true;
}

static uint64_t on_read(uc_engine *uc, uint64_t offset, unsigned size, void *user) {
  ls_engine *engine = user;
  (void)uc;
  return engine->owner.read(engine->owner.context, offset, size);
}

static void on_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user) {
  ls_engine *engine = user;
  (void)uc;
  engine->owner.write(engine->owner.context, offset, size, value);
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *user) {
  ls_engine *engine = user;
  (void)uc;
  return engine->owner.port_in(engine->owner.context, port, (uint32_t)size);
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *user) {
  ls_engine *engine = user;
  (void)uc;
  engine->owner.port_out(engine->owner.context, port, (uint32_t)size, value);
}

static void on_intercepted(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  ls_engine *engine = user;
  (void)uc;
  (void)size;
  engine->owner.intercepted(engine->owner.context, address);
}

static void on_executed(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  ls_engine *engine = user;
  (void)uc;
  (void)size;
  // An instruction that is run again to find its fault was observed already.
  if (!engine->probing) engine->owner.executed(engine->owner.context, address);
}

// Engines

ls_engine *ls_engine_make(ls_library *library, bool is_64_bit, void *ram, uint64_t size,
                          uint64_t watched, uint64_t watched_size, const ls_owner *owner) {
  ls_engine *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->library = library;
  engine->owner = *owner;
  engine->is_64_bit = is_64_bit;
  engine->watched = watched;
  engine->resumed = UINT64_MAX;
  engine->limit = engine->left = INT64_MAX;
  // No block begins at an odd address like this one.
  for (int i = 0; i < WEIGHTS; i++) engine->weights[i].pc = UINT64_MAX;
  static const int registers64[] = {35, 38, 40, 106, 107, 44, 41};
  static const int registers32[] = {19, 22, 24, 0, 0, 30, 26};
  memcpy(engine->registers, is_64_bit ? registers64 : registers32, sizeof engine->registers);
  uc_hook hook;
  if (library->open(ARCH_X86, is_64_bit ? MODE_64 : MODE_32, &engine->uc)) goto failed;
  uc_engine *uc = engine->uc;
  if (library->mem_map_ptr(uc, 0, size, 7, ram)
      || library->ctl(uc, CTL_TLB_TYPE, TLB_VIRTUAL)
      || library->mmio_map(uc, watched, watched_size, on_read, engine, on_write, engine)
      || library->mem_protect(uc, watched, watched_size, 0)
      || library->hook_add(uc, &hook, HOOK_READ_PROT | HOOK_WRITE_PROT, on_access, engine, watched,
                           watched + watched_size - 1)
      || library->hook_add(uc, &hook, HOOK_TLB_FILL, on_fill, engine, 1, 0)
      || library->hook_add(uc, &hook, HOOK_INTR, on_interrupt, engine, 1, 0)
      || library->hook_add(uc, &hook, HOOK_BLOCK, on_block, engine, 1, 0)
      || library->hook_add(uc, &hook, HOOK_INSN, on_in, engine, 1, 0, INSN_IN)
      || library->hook_add(uc, &hook, HOOK_INSN, on_out, engine, 1, 0, INSN_OUT)
      || library->context_alloc(uc, &engine->scratch))
    goto failed;
  return engine;
failed:
  ls_engine_destroy(engine);
  return NULL;
}

void ls_engine_destroy(ls_engine *engine) {
  if (engine->scratch) engine->library->context_free(engine->scratch);
  if (engine->uc) engine->library->close(engine->uc);
  free(engine);
}

uint64_t ls_engine_read(ls_engine *engine, int reg) {
  uint64_t value = 0;
  engine->library->reg_read(engine->uc, reg, &value);
  return value;
}

void ls_engine_write(ls_engine *engine, int reg, uint64_t value) {
  engine->library->reg_write(engine->uc, reg, &value);
}

void ls_engine_read_vector(ls_engine *engine, int reg, uint64_t *low, uint64_t *high) {
  uint64_t halves[2] = {0};
  engine->library->reg_read(engine->uc, reg, halves);
  *low = halves[0];
  *high = halves[1];
}

void ls_engine_write_vector(ls_engine *engine, int reg, uint64_t low, uint64_t high) {
  uint64_t halves[2] = {low, high};
  engine->library->reg_write(engine->uc, reg, halves);
}

static void read_registers(ls_engine *engine, ls_registers *out) {
  ls_registers *known = &engine->known;
  // x86 writes the low halves only, and has neither R8 nor R9.
  memset(known, 0, sizeof *known);
  if (engine->is_64_bit) {
    void *places[] = {&known->rax, &known->rcx, &known->rdx, &known->r8, &known->r9, &known->rsp,
                      &known->rip};
    engine->library->reg_read_batch(engine->uc, engine->registers, places, 7);
  } else {
    static int numbers[] = {19, 22, 24, 30, 26};
    void *places[] = {&known->rax, &known->rcx, &known->rdx, &known->rsp, &known->rip};
    engine->library->reg_read_batch(engine->uc, numbers, places, 5);
  }
  *out = *known;
}

// Writes what has changed since the registers were last read. RIP is an argument of a start.
static void write_registers(ls_engine *engine, const ls_registers *in) {
  const uint64_t *values = &in->rax, *known = &engine->known.rax;
  for (int i = 0; i < 6; i++) {
    if (engine->registers[i] && values[i] != known[i])
      ls_engine_write(engine, engine->registers[i], values[i]);
  }
}

// A processor that has taken an exception takes the next one for a double fault, and dies at the
// third, unless it is made to forget.
static void forget_exception(ls_engine *engine) {
  const ls_library *library = engine->library;
  library->context_save(engine->uc, engine->scratch);
  int32_t none = -1;
  memcpy((char *)engine->scratch + library->old_exception, &none, sizeof none);
  library->context_restore(engine->uc, engine->scratch);
}

ls_exit ls_engine_run(ls_engine *engine, ls_registers *registers) {
  write_registers(engine, registers);
  engine->wants_stop = engine->over_budget = engine->took_exception = false;
  engine->resumed = UINT64_MAX;
  int error = engine->library->emu_start(engine->uc, registers->rip, 0, 0, 0);
  if (engine->took_exception) forget_exception(engine);
  read_registers(engine, registers);
  if (engine->took_exception) return LS_EXCEPTION;
  if (error == ERR_EXCEPTION) return LS_FAULT;
  if (error == ERR_INSN_INVALID) return LS_INVALID_INSTRUCTION;
  engine->error = (uint32_t)error;
  if (error != ERR_OK) return LS_FAILED;
  if (engine->wants_stop) return LS_REQUESTED;
  return engine->over_budget ? LS_BUDGET : LS_HALTED;
}

ls_exit ls_engine_step(ls_engine *engine, ls_registers *registers) {
  enum { TRAP_FLAG = 0x100, DEBUG_EXCEPTION = 1 };
  ls_engine_write(engine, LS_REG_EFLAGS, ls_engine_read(engine, LS_REG_EFLAGS) | TRAP_FLAG);
  ls_exit exit = ls_engine_run(engine, registers);
  ls_engine_write(engine, LS_REG_EFLAGS, ls_engine_read(engine, LS_REG_EFLAGS) & ~(uint64_t)TRAP_FLAG);
  if (exit != LS_EXCEPTION || engine->exception != DEBUG_EXCEPTION) return exit;
  return ls_engine_run(engine, registers);
}

void ls_engine_stop(ls_engine *engine) {
  engine->wants_stop = true;
  engine->library->emu_stop(engine->uc);
}

uint32_t ls_engine_detail(const ls_engine *engine) {
  return engine->took_exception ? engine->exception : engine->error;
}

uint64_t ls_engine_count(const ls_engine *engine) {
  return engine->limit - (uint64_t)engine->left;
}
uint64_t ls_engine_limit(const ls_engine *engine) { return engine->limit; }
void ls_engine_set_limit(ls_engine *engine, uint64_t limit) {
  if (limit > INT64_MAX) limit = INT64_MAX;
  engine->left += (int64_t)(limit - engine->limit);
  engine->limit = limit;
}

void ls_engine_set_count(ls_engine *engine, uint64_t count) {
  engine->left = (int64_t)(engine->limit - count);
}

void ls_engine_flush_addresses(ls_engine *engine) {
  engine->library->ctl(engine->uc, CTL_TLB_FLUSH);
}

void ls_engine_flush_code(ls_engine *engine) {
  engine->library->ctl(engine->uc, CTL_TB_FLUSH);
  for (int i = 0; i < WEIGHTS; i++) engine->weights[i].pc = UINT64_MAX;
}

void ls_engine_intercept(ls_engine *engine, uint64_t address) {
  uc_hook hook;
  engine->library->hook_add(engine->uc, &hook, HOOK_CODE, on_intercepted, engine, address, address);
}

void ls_engine_observe(ls_engine *engine, uint64_t begin, uint64_t end) {
  if (begin >= end) return;
  // Code that is translated already would not be observed.
  ls_engine_flush_code(engine);
  uc_hook hook;
  // Unicorn's range includes its last address, and one that ends before it begins has no end.
  engine->library->hook_add(engine->uc, &hook, HOOK_CODE, on_executed, engine, begin, end - 1);
}

void ls_engine_skip_to(ls_engine *engine, uint64_t address) {
  engine->resumed = address < engine->block_end ? address : UINT64_MAX;
  // What goes on there is to be counted with care.
  engine->weights[address >> 1 & (WEIGHTS - 1)].pc = UINT64_MAX;
  ls_engine_write(engine, engine->registers[6], address);
}

void ls_engine_set_gdt(ls_engine *engine, uint64_t base, uint32_t limit) {
  table_register value = {.base = base, .limit = limit};
  engine->library->reg_write(engine->uc, REG_GDTR, &value);
}

void ls_engine_set_msr(ls_engine *engine, uint32_t msr, uint64_t value) {
  msr_value pair = {.number = msr, .value = value};
  engine->library->reg_write(engine->uc, REG_MSR, &pair);
}

bool ls_engine_fault_address(ls_engine *engine, uint64_t rip, uint64_t *address) {
  const ls_library *library = engine->library;
  uc_context *before;
  if (library->context_alloc(engine->uc, &before)) return false;
  library->context_save(engine->uc, before);
  int64_t left = engine->left;
  engine->took_exception = false;
  engine->probing = true;
  library->ctl(engine->uc, CTL_TLB_TYPE, TLB_CPU);
  library->ctl(engine->uc, CTL_TLB_FLUSH);
  library->emu_start(engine->uc, rip, 0, 0, 1);
  bool found = engine->took_exception && engine->exception == 14;
  if (found) *address = ls_engine_read(engine, LS_REG_CR2);
  library->ctl(engine->uc, CTL_TLB_TYPE, TLB_VIRTUAL);
  library->ctl(engine->uc, CTL_TLB_FLUSH);
  library->context_restore(engine->uc, before);
  library->context_free(before);
  engine->probing = engine->took_exception = false;
  engine->left = left;
  return found;
}

void *ls_context_save(ls_engine *engine) {
  uc_context *context;
  if (engine->library->context_alloc(engine->uc, &context)) return NULL;
  engine->library->context_save(engine->uc, context);
  return context;
}

void ls_context_restore(ls_engine *engine, void *context) {
  engine->library->context_restore(engine->uc, context);
  ls_registers now = {0};
  read_registers(engine, &now);
}

void ls_context_free(ls_engine *engine, void *context) { engine->library->context_free(context); }

// Where a saved context keeps the number of the last exception: the place that reads -1 before any
// exception, 0 after a division by zero, and 13 after a general protection fault.
static size_t find_old_exception(const ls_library *library) {
  enum { SIZE = 0x10000 };
  // div ecx; mov ds, cx with a selector that the empty descriptor table does not have.
  static const unsigned char code[2][4] = {{0xF7, 0xF1, 0xF4}, {0x8E, 0xD9, 0xF4}};
  unsigned char *memory = NULL;
  if (posix_memalign((void **)&memory, 0x1000, SIZE)) return 0;
  memset(memory, 0, SIZE);
  char *saved[3] = {0};
  size_t size = 0, result = 0;
  for (int i = 0; i < 3; i++) {
    ls_engine engine = {.library = library};
    uc_hook hook;
    if (library->open(ARCH_X86, MODE_64, &engine.uc)) goto done;
    library->mem_map_ptr(engine.uc, 0, SIZE, 7, memory);
    library->hook_add(engine.uc, &hook, HOOK_INTR, on_interrupt, &engine, 1, 0);
    size = library->context_size(engine.uc);
    uint64_t operand = i == 2 ? 0x78 : 0;
    ls_engine_write(&engine, LS_REG_RCX, operand);
    if (i > 0) {
      memcpy(memory + 0x1000, code[i - 1], sizeof code[0]);
      library->emu_start(engine.uc, 0x1000, 0, 0, 0);
    }
    uc_context *context;
    if (!library->context_alloc(engine.uc, &context)) {
      library->context_save(engine.uc, context);
      saved[i] = malloc(size);
      if (saved[i]) memcpy(saved[i], context, size);
      library->context_free(context);
    }
    library->close(engine.uc);
    if (!saved[i]) goto done;
  }
  for (size_t at = 0; at + 4 <= size; at += 4) {
    int32_t none, divide, protection;
    memcpy(&none, saved[0] + at, 4);
    memcpy(&divide, saved[1] + at, 4);
    memcpy(&protection, saved[2] + at, 4);
    if (none == -1 && divide == 0 && protection == 13) {
      // More than one such place would be no evidence.
      result = result ? SIZE_MAX : at;
    }
  }
  if (result == SIZE_MAX) result = 0;
done:
  for (int i = 0; i < 3; i++) free(saved[i]);
  free(memory);
  return result;
}
