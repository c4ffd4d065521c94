// Unicorn with nothing around it: what Lockstep's engine is measured against.
//
// The guest has memory at one address, which Unicorn's cache of translations is filled with under the
// same policy as Lockstep's: a page is writable or executable, not both. There are no other hooks.
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct bare_engine bare_engine;

/// The bytes of memory that a guest has.
enum { BARE_MEMORY_SIZE = 1 << 20 };

/// Opens Unicorn and makes a processor. Returns NULL on failure. It lives as long as the program.
bare_engine *bare_engine_make(const char *library, bool is_64_bit);

/// Where the guest sees its memory, and where the host does.
uint64_t bare_engine_base(const bare_engine *engine);
void *bare_engine_memory(bare_engine *engine);

/// Lets the guest call a function, and resumes it at each `hlt`.
///
/// Returns how often it was resumed, or -1 on an error.
int64_t bare_engine_call(bare_engine *engine, uint64_t function, uint64_t first, uint64_t second);
