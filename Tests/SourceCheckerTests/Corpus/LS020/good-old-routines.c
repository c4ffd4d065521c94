// target nt310..win11_24h2
#include <ntddk.h>

PMDL Part(PMDL source, PUCHAR va, ULONG length)
{
    PMDL part = IoAllocateMdl(va, length, FALSE, FALSE, NULL);

    if (part != NULL)
        IoBuildPartialMdl(source, part, va, length);
    return part;
}
