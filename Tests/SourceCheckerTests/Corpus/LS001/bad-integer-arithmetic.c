// Sums in an integer, as code shared with other systems does.
#include <ntddk.h>

typedef ULONG_PTR mem_addr_t;

int read_block(PMDL mdl, unsigned char *out, size_t count)
{
    mem_addr_t base = (mem_addr_t)MmMapLockedPages(mdl, KernelMode); // expect LS021
    mem_addr_t first;

    if (count == 0)
        return 0;
    first = base;
    first = first + MmGetMdlByteOffset(mdl); // expect LS001
    RtlCopyMemory(out, (void *)first, count);
    return 1;
}
