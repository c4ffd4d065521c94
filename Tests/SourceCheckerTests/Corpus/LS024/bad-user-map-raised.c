#include <ntddk.h>

PVOID Share(PMDL mdl)
{
    PVOID va = NULL;
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    __try {
        va = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS024
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        va = NULL;
    }
    KeLowerIrql(irql);
    return va;
}
