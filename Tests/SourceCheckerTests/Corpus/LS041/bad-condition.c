#include <ntddk.h>

BOOLEAN Fits(PMDL mdl, ULONG length)
{
    return mdl != NULL && mdl->ByteOffset + length <= PAGE_SIZE; // expect LS041
}
