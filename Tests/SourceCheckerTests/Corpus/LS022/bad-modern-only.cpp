// target win10_1507..win11_24h2
#include <ntddk.h>

static void *Map(PIRP irp)
{
    if (irp->MdlAddress == nullptr)
        return nullptr;
    return MmGetSystemAddressForMdlSafe(irp->MdlAddress, LowPagePriority); // expect LS022
}

void *MapOrBuffer(PIRP irp)
{
    void *mapped = Map(irp);
    return mapped != nullptr ? mapped : irp->AssociatedIrp.SystemBuffer;
}
