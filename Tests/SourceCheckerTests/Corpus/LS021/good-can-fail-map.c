#include <ntddk.h>

PUCHAR Map(PMDL mdl)
{
    PUCHAR page;

    mdl->MdlFlags |= MDL_MAPPING_CAN_FAIL;
    page = (PUCHAR)MmMapLockedPages(mdl, KernelMode);
    mdl->MdlFlags &= ~MDL_MAPPING_CAN_FAIL;
    if (page == NULL)
        return NULL;
    return (PUCHAR)PAGE_ALIGN(page) + MmGetMdlByteOffset(mdl);
}
