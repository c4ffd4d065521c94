#include <ntddk.h>

typedef struct _DEVICE_EXTENSION {
    PMDL Mdl;
    PVOID SharedPage;
    PUCHAR SharedData;
} DEVICE_EXTENSION, *PDEVICE_EXTENSION;

VOID ShareMemory(PDEVICE_EXTENSION Extension)
{
    Extension->SharedPage = MmMapLockedPages(Extension->Mdl, KernelMode); // expect LS021
    Extension->SharedData = (PUCHAR)Extension->SharedPage + MmGetMdlByteOffset(Extension->Mdl); // expect LS001
}
