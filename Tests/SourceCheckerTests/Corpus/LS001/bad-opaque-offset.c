// As drivers before MmGetMdlByteOffset was known wrote it.
#include <ntddk.h>

NTSTATUS CopyOut(PIRP Irp, PUCHAR Source, ULONG Length)
{
    PMDL Mdl = Irp->MdlAddress;
    PUCHAR Target;

    if (Mdl == NULL)
        return STATUS_INVALID_PARAMETER;
    Target = ((PUCHAR)MmMapLockedPages(Mdl, KernelMode)) + Mdl->ByteOffset; // expect LS001 LS021
    RtlCopyMemory(Target, Source, Length);
    Irp->IoStatus.Information = Length;
    return STATUS_SUCCESS;
}
