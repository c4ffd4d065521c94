// Only names it.
#include <ntddk.h>

VOID Name(PUNICODE_STRING name)
{
    /* MmMapLockedPages(mdl, KernelMode) in older builds */
    RtlInitUnicodeString(name, L"MmMapLockedPages(");
}
