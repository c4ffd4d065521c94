#include <ntddk.h>

NTSTATUS Window(PMDL source, PMDL part, ULONG length)
{
    NTSTATUS status = STATUS_SUCCESS;

    IoBuildPartialMdl(source, part, MmGetMdlVirtualAddress(source), length);
    __try {
        MmProbeAndLockPages(part, UserMode, IoReadAccess); // expect LS033
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}
