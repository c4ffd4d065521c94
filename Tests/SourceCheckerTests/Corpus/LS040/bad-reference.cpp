#include <ntddk.h>

static void Rebase(MDL &mdl, PVOID va)
{
    mdl.MappedSystemVa = va; // expect LS040
}

void RebaseAll(PMDL first, PVOID va)
{
    for (auto *m = first; m != nullptr; m = m->Next)
        Rebase(*m, va);
}
