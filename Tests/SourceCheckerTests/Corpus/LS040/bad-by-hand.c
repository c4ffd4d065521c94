// An MDL put together by hand.
#include <ntddk.h>

VOID Initialize(PMDL mdl, PVOID base, ULONG length)
{
    mdl->Next = NULL;
    mdl->Size = (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER)); // expect LS040
    mdl->MdlFlags = 0; // expect LS040
    mdl->StartVa = PAGE_ALIGN(base); // expect LS040
    mdl->ByteOffset = BYTE_OFFSET(base); // expect LS040
    mdl->ByteCount = length; // expect LS040
}
