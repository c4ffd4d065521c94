// The offset is added as an index.
#include <ntddk.h>

typedef struct _WINDOW {
    PMDL Mdl;
    PUCHAR Page;
    PUCHAR Data;
} WINDOW, *PWINDOW;

BOOLEAN OpenWindow(PWINDOW window)
{
    window->Mdl->MdlFlags |= MDL_MAPPING_CAN_FAIL;
    window->Page = (PUCHAR)MmMapLockedPages(window->Mdl, KernelMode);
    if (window->Page == NULL)
        return FALSE;
    window->Data = &window->Page[MmGetMdlByteOffset(window->Mdl)]; // expect LS001
    return TRUE;
}
