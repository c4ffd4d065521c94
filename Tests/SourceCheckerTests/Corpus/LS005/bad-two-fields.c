#include <ntddk.h>

typedef struct _CHANNEL {
    PMDL ReadMdl;
    PMDL WriteMdl;
    PUCHAR ReadData;
    PUCHAR WriteData;
} CHANNEL, *PCHANNEL;

VOID MapChannel(PCHANNEL c)
{
    PVOID page = MmMapLockedPages(c->ReadMdl, KernelMode); // expect LS021
    c->ReadData = (PUCHAR)PAGE_ALIGN(page) + MmGetMdlByteOffset(c->ReadMdl);
    page = MmMapLockedPages(c->WriteMdl, KernelMode); // expect LS021
    c->WriteData = (PUCHAR)PAGE_ALIGN(page) + MmGetMdlByteOffset(c->ReadMdl); // expect LS005
}
