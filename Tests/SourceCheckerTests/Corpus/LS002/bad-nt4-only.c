// target nt400..nt400sp3
#include <ntddk.h>

PVOID MapUser(PMDL mdl, PVOID *address)
{
    __try {
        *address = MmMapLockedPages(mdl, UserMode); // expect LS002
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        *address = NULL;
    }
    return *address;
}
