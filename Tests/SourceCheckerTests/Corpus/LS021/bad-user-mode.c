// target w2k..win11_24h2
#include <ntddk.h>

NTSTATUS Share(PMDL mdl, PVOID *address)
{
    __try {
        *address = MmMapLockedPages(mdl, UserMode); // expect LS021
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
