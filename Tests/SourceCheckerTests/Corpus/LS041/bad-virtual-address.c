#include <ntddk.h>

PVOID VaOf(PMDL m)
{
    return (PUCHAR)m->StartVa + m->ByteOffset; // expect LS041
}
