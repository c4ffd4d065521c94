#include <ntddk.h>

ULONG TotalLength(PMDL chain)
{
    ULONG total = 0;

    while (chain) {
        total += chain->ByteCount; // expect LS041
        chain = chain->Next;
    }
    return total;
}
