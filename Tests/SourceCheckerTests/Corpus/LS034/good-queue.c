// Each round of the loop has another entry.
#include <ntddk.h>

typedef struct _ENTRY {
    LIST_ENTRY Link;
    PMDL Mdl;
    PVOID UserVa;
} ENTRY, *PENTRY;

PENTRY Next(PVOID context);

VOID Drain(PLIST_ENTRY head, PVOID context)
{
    PENTRY entry;

    while (!IsListEmpty(head)) {
        PLIST_ENTRY link = RemoveHeadList(head);

        entry = CONTAINING_RECORD(link, ENTRY, Link);
        if (entry->UserVa != NULL)
            MmUnmapLockedPages(entry->UserVa, entry->Mdl);
        MmUnlockPages(entry->Mdl);
        IoFreeMdl(entry->Mdl);
        ExFreePool(entry);
    }
    while ((entry = Next(context)) != NULL) {
        MmUnlockPages(entry->Mdl);
        IoFreeMdl(entry->Mdl);
        entry->Mdl = NULL;
    }
}
