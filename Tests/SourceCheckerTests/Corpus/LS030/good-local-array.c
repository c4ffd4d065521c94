// Freed in the opposite order.
#include <ntddk.h>

NTSTATUS Both(PVOID *buffers, ULONG length, NTSTATUS (*work)(PMDL *))
{
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    PMDL mdls[2];
    ULONG count;

    for (count = 0; count < 2; count++) {
        mdls[count] = IoAllocateMdl(buffers[count], length, FALSE, FALSE, NULL);
        if (mdls[count] == NULL)
            break;
    }
    if (count == 2)
        status = work(mdls);
    while (count > 0)
        IoFreeMdl(mdls[--count]);
    return status;
}
