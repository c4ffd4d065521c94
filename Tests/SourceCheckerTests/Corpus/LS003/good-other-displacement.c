#include <ntddk.h>

typedef struct _PACKET_MDL {
    PMDL Mdl;
    ULONG CurrentMdlOffset;
} PACKET_MDL, *PPACKET_MDL;

UCHAR FirstByte(PPACKET_MDL packet)
{
    PUCHAR p = MmGetSystemAddressForMdlSafe(packet->Mdl, LowPagePriority);

    if (p == NULL)
        return 0;
    p += packet->CurrentMdlOffset;
    return *p;
}
