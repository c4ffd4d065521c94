#include <ntddk.h>

#define TRY __try {
#define CATCH } __except (EXCEPTION_EXECUTE_HANDLER) {
#define END_TRY }

BOOLEAN Lock(PMDL mdl)
{
    BOOLEAN locked = TRUE;

    TRY
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
    CATCH
        locked = FALSE;
    END_TRY
    return locked;
}
