#include <ntddk.h>

static void Clear(MDL &mdl)
{
    RtlZeroMemory(mdl.MappedSystemVa, MmGetMdlByteCount(&mdl)); // expect LS008
}

void ClearAll(PMDL first)
{
    for (PMDL m = first; m != nullptr; m = m->Next)
        Clear(*m);
}
