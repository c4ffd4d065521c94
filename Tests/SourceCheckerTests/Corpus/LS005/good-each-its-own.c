#include <ntddk.h>

typedef struct _PAIR {
    PMDL In;
    PMDL Out;
} PAIR, *PPAIR;

VOID Move(PPAIR pair, ULONG length)
{
    ULONG_PTR in = (ULONG_PTR)MmMapLockedPages(pair->In, KernelMode); // expect LS021
    ULONG_PTR out = (ULONG_PTR)MmMapLockedPages(pair->Out, KernelMode); // expect LS021

    in |= MmGetMdlByteOffset(pair->In);
    out |= MmGetMdlByteOffset(pair->Out);
    RtlMoveMemory((PVOID)out, (PVOID)in, length);
}
