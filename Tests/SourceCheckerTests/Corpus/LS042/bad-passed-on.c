// A function of the same file makes use of the address.
#include <ntddk.h>

static VOID Move(PUCHAR to, PUCHAR from, ULONG length)
{
    while (length-- != 0)
        *to++ = *from++;
}

VOID Read(PIRP Irp, PUCHAR from, ULONG length)
{
    PUCHAR to = (PUCHAR)MmGetMdlVirtualAddress(Irp->MdlAddress);

    if (length > MmGetMdlByteCount(Irp->MdlAddress))
        return;
    Move(to, from, length); // expect LS042
}
