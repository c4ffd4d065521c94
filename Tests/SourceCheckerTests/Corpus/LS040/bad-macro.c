#include <ntddk.h>

#define SET_LENGTH(mdl, length) ((mdl)->ByteCount = (length))

VOID Trim(PMDL mdl, ULONG length)
{
    if (length < MmGetMdlByteCount(mdl))
        SET_LENGTH(mdl, length); // expect LS040
}
