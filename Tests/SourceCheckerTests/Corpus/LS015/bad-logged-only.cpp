#include <ntddk.h>

static bool LockInto(PMDL *slot, PVOID userBuffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, nullptr);
    bool isLocked = false;

    if (mdl == nullptr)
        return false;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
        isLocked = true;
    } __except (EXCEPTION_EXECUTE_HANDLER) { // expect LS015
        DbgPrint("cannot lock %p\n", userBuffer);
    }
    if (!isLocked)
        return false;
    *slot = mdl;
    return true;
}
