#include <ntddk.h>

NTSTATUS Touch(PVOID userBuffer, ULONG length)
{
    BOOLEAN locked = FALSE;
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
        locked = TRUE;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("cannot lock\n");
    }
    if (locked) {
        DbgPrint("locked %lu bytes\n", length);
        IoFreeMdl(mdl); // expect LS031
        return STATUS_SUCCESS;
    }
    IoFreeMdl(mdl);
    return STATUS_INVALID_USER_BUFFER;
}
