#include <ntddk.h>

typedef struct _WINDOW {
    PMDL Mdl;
    PUCHAR Page;
    PUCHAR Data;
} WINDOW, *PWINDOW;

VOID OpenWindow(PWINDOW window)
{
    window->Page = (PUCHAR)MmMapLockedPages(window->Mdl, KernelMode); // expect LS021
    window->Data = &window->Page[MmGetMdlByteOffset(window->Mdl)]; // expect LS001
}
