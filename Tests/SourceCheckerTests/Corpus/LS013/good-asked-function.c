// The test is an argument of a function of the tests' framework.
#include <ntddk.h>

BOOLEAN skip(BOOLEAN condition, const char *text);

VOID Try(PVOID buffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (!skip(mdl != NULL, "no MDL\n")) {
        MmBuildMdlForNonPagedPool(mdl);
        IoFreeMdl(mdl);
    }
}
