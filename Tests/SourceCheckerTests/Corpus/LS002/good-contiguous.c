// Contiguous memory begins at a page.
#include <ntddk.h>

#define DMA_SIZE 0x4000

NTSTATUS MapDmaBuffer(PVOID *Address)
{
    PHYSICAL_ADDRESS highest;
    PVOID memory;
    PMDL mdl;

    highest.QuadPart = 0xFFFFFF;
    memory = MmAllocateContiguousMemory(DMA_SIZE, highest);
    if (memory == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(memory, DMA_SIZE);
    mdl = IoAllocateMdl(memory, DMA_SIZE, FALSE, FALSE, NULL);
    if (mdl == NULL) {
        MmFreeContiguousMemory(memory);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(mdl);
    __try {
        Address[0] = MmMapLockedPages(mdl, UserMode); // expect LS021
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        MmFreeContiguousMemory(memory);
        return GetExceptionCode();
    }
    Address[1] = mdl;
    Address[2] = memory;
    return STATUS_SUCCESS;
}
