// Allocated and kept under the same condition of two parts.
#include <ntddk.h>

typedef struct _OBJECT {
    PMDL Mdl;
    BOOLEAN IsPart;
} OBJECT, *POBJECT;

NTSTATUS Take(POBJECT object, PMDL whole, ULONG offset, ULONG length)
{
    PMDL mdl;

    if (!offset && !length)
        mdl = whole;
    else {
        mdl = IoAllocateMdl(NULL, length, FALSE, FALSE, NULL);
        if (!mdl)
            return STATUS_INSUFFICIENT_RESOURCES;
        IoBuildPartialMdl(whole, mdl, (PUCHAR)MmGetMdlVirtualAddress(whole) + offset, length);
    }
    if (!offset && !length)
        object->IsPart = FALSE;
    else {
        object->Mdl = mdl;
        object->IsPart = TRUE;
    }
    return STATUS_SUCCESS;
}
