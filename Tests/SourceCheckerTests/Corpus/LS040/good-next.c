#include <ntddk.h>

VOID Link(PMDL first, PMDL second)
{
    second->Next = NULL;
    first->Next = second;
}
