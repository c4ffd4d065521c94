#include <ntddk.h>

class LockedBuffer {
public:
    LockedBuffer() : mdl_(nullptr) {}

    bool Lock(PVOID userAddress, ULONG length)
    {
        mdl_ = IoAllocateMdl(userAddress, length, FALSE, FALSE, nullptr);
        if (!mdl_)
            return false;
        MmProbeAndLockPages(mdl_, UserMode, IoModifyAccess); // expect LS011
        return true;
    }

private:
    PMDL mdl_;
};
