#include <ntddk.h>

typedef struct _ENTRY {
    LIST_ENTRY Link;
    PMDL Mdl;
} ENTRY, *PENTRY;

BOOLEAN Queue(PLIST_ENTRY head, PENTRY entry, PVOID buffer, ULONG length)
{
    entry->Mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
    if (entry->Mdl == NULL)
        return FALSE;
    InsertTailList(head, &entry->Link);
    return TRUE;
}
