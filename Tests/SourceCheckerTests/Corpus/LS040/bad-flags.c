#include <ntddk.h>

VOID Pretend(PMDL m)
{
    m->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA; // expect LS040
}
