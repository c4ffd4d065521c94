#include <ntddk.h>

ULONG Count(PMDL chain)
{
    ULONG count = 0;

    for (; chain != NULL; chain = chain->Next)
        count++;
    return count;
}
