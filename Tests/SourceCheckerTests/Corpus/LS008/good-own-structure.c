// Not an MDL, though the field is called the same.
#include <ntddk.h>

typedef struct _WINDOW {
    PHYSICAL_ADDRESS Start;
    PVOID MappedSystemVa;
    ULONG Length;
} WINDOW, *PWINDOW;

UCHAR Peek(PWINDOW window, ULONG at)
{
    return ((PUCHAR)window->MappedSystemVa)[at];
}
