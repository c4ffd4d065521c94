// Unicorn, loaded at run time.
//
// Lockstep builds without Unicorn and does not link it: the library is opened by path, and refused if
// it is older than 2.1.3, whose MMU Lockstep needs. The numbers here are those of Unicorn's stable API.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// The functions of a loaded library.
typedef struct ls_library ls_library;

/// One processor.
typedef struct ls_engine ls_engine;

/// The integer registers that calling conventions use.
typedef struct {
  uint64_t rax, rcx, rdx, r8, r9, rsp, rip;
} ls_registers;

/// Why a processor stopped.
typedef enum {
  LS_HALTED,
  LS_FAULT,
  LS_EXCEPTION,
  LS_INVALID_INSTRUCTION,
  LS_BUDGET,
  LS_REQUESTED,
  LS_FAILED,
} ls_exit;

/// What a processor asks its owner. Each function gets `context`.
typedef struct {
  void *context;
  /// Looks up a page: access 0 reads, 1 writes, 2 fetches. Returns whether the access is allowed.
  bool (*fill)(void *context, uint64_t page, int access, uint64_t *physical, uint32_t *permissions);
  /// An instruction is about to access watched memory, at an offset into the watched range. A store
  /// that is not aligned, or goes on in another page, is announced as a whole and then byte by byte.
  void (*access)(void *context, uint64_t offset, uint32_t size, bool is_write);
  /// Reads watched memory: all of an access, or aligned parts that hold it.
  uint64_t (*read)(void *context, uint64_t offset, uint32_t size);
  /// Writes watched memory.
  void (*write)(void *context, uint64_t offset, uint32_t size, uint64_t value);
  /// Reads and writes an I/O port.
  uint32_t (*port_in)(void *context, uint32_t port, uint32_t size);
  void (*port_out)(void *context, uint32_t port, uint32_t size, uint32_t value);
  /// An instruction is reached that the owner executes itself.
  void (*intercepted)(void *context, uint64_t address);
  /// An observed instruction is about to be executed.
  void (*executed)(void *context, uint64_t address);
} ls_owner;

/// Opens a library. On failure returns NULL and puts the reason into `why`.
ls_library *ls_library_open(const char *path, char *why, int capacity);

/// Makes a processor with `size` bytes of physical memory at `ram`, and with a range of watched
/// physical memory at `watched`. Returns NULL on failure.
ls_engine *ls_engine_make(ls_library *library, bool is_64_bit, void *ram, uint64_t size,
                          uint64_t watched, uint64_t watched_size, const ls_owner *owner);
void ls_engine_destroy(ls_engine *engine);

/// Runs from `registers->rip` until something stops the processor.
ls_exit ls_engine_run(ls_engine *engine, ls_registers *registers);

/// Runs one instruction by itself, and then on as `ls_engine_run` does.
ls_exit ls_engine_step(ls_engine *engine, ls_registers *registers);

/// Asks a running processor to stop, from one of the owner's functions.
void ls_engine_stop(ls_engine *engine);

/// The number of the exception, after LS_EXCEPTION; Unicorn's error, after LS_FAILED.
uint32_t ls_engine_detail(const ls_engine *engine);

/// The instructions executed, and the number at which to stop.
uint64_t ls_engine_count(const ls_engine *engine);
uint64_t ls_engine_limit(const ls_engine *engine);
void ls_engine_set_limit(ls_engine *engine, uint64_t limit);
/// Changes the number of instructions executed, to that of a state that is brought back.
void ls_engine_set_count(ls_engine *engine, uint64_t count);

/// Forgets translations of addresses.
void ls_engine_flush_addresses(ls_engine *engine);
/// Forgets translated code. Not to be called while the processor runs.
void ls_engine_flush_code(ls_engine *engine);
/// Makes the instruction at an address call `intercepted`.
void ls_engine_intercept(ls_engine *engine, uint64_t address);
/// Makes each instruction from `begin` up to but not including `end` call `executed`. Not to be called
/// while the processor runs.
void ls_engine_observe(ls_engine *engine, uint64_t begin, uint64_t end);

/// Goes on at an address behind an instruction that the owner has executed.
void ls_engine_skip_to(ls_engine *engine, uint64_t address);

uint64_t ls_engine_read(ls_engine *engine, int reg);
void ls_engine_write(ls_engine *engine, int reg, uint64_t value);
/// Reads and writes an XMM register as two halves.
void ls_engine_read_vector(ls_engine *engine, int reg, uint64_t *low, uint64_t *high);
void ls_engine_write_vector(ls_engine *engine, int reg, uint64_t low, uint64_t high);
void ls_engine_set_gdt(ls_engine *engine, uint64_t base, uint32_t limit);
void ls_engine_set_msr(ls_engine *engine, uint32_t msr, uint64_t value);

/// Runs the instruction at `rip` with the processor's own page walk, and returns the address of the
/// page fault that it raises. The registers are unchanged. Returns false if it raises none.
bool ls_engine_fault_address(ls_engine *engine, uint64_t rip, uint64_t *address);

/// Saves and restores all registers.
void *ls_context_save(ls_engine *engine);
void ls_context_restore(ls_engine *engine, void *context);
void ls_context_free(ls_engine *engine, void *context);

/// Unicorn's numbers of registers.
enum {
  LS_REG_RAX = 35, LS_REG_RBP = 36, LS_REG_RBX = 37, LS_REG_RCX = 38, LS_REG_RDI = 39,
  LS_REG_RDX = 40, LS_REG_RIP = 41, LS_REG_RSI = 43, LS_REG_RSP = 44, LS_REG_R8 = 106,
  LS_REG_CS = 11, LS_REG_DS = 17, LS_REG_EFLAGS = 25, LS_REG_ES = 28, LS_REG_FS = 32,
  LS_REG_GS = 33, LS_REG_SS = 49, LS_REG_CR0 = 50, LS_REG_CR2 = 52, LS_REG_CR3 = 53,
  LS_REG_CR4 = 54, LS_REG_FS_BASE = 250, LS_REG_GS_BASE = 251,
  LS_REG_XMM0 = 122, LS_REG_MXCSR = 249,
};
