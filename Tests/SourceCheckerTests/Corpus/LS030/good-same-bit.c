// Whether there is an MDL depends on a bit of the flags.
#include <ntddk.h>

#define WITH_MDL 1

NTSTATUS Transform(PVOID buffer, ULONG length, ULONG flags, NTSTATUS (*work)(PVOID))
{
    PMDL mdl = NULL;
    NTSTATUS status;

    if (flags & WITH_MDL) {
        mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
        if (mdl == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    status = work(buffer);
    if (flags & WITH_MDL)
        IoFreeMdl(mdl);
    return status;
}
