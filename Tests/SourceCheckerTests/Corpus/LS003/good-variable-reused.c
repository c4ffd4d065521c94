#include <ntddk.h>

ULONG PagesOf(PMDL mdl)
{
    ULONG_PTR value = (ULONG_PTR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (value == 0)
        return 0;
    DbgPrint("at %p\n", (PVOID)value);
    value = MmGetMdlByteCount(mdl);
    value = value + MmGetMdlByteOffset(mdl);
    return (ULONG)((value + PAGE_SIZE - 1) >> PAGE_SHIFT);
}
