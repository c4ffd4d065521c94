#include <ntddk.h>

void Clear(PMDL mdl)
{
    auto *bytes = static_cast<UCHAR *>(MmGetMdlVirtualAddress(mdl));

    RtlZeroMemory(bytes, MmGetMdlByteCount(mdl)); // expect LS042
}
