#include <ntddk.h>

class SharedBlock {
public:
    bool Create(ULONG bytes)
    {
        block_ = ExAllocatePoolWithTag(NonPagedPool, bytes, 'kBhS');
        if (block_ == nullptr)
            return false;
        mdl_ = IoAllocateMdl(block_, bytes, FALSE, FALSE, nullptr);
        if (mdl_ == nullptr)
            return false;
        MmBuildMdlForNonPagedPool(mdl_);
        __try {
            view_ = MmMapLockedPagesSpecifyCache(mdl_, UserMode, MmCached, nullptr, FALSE, NormalPagePriority); // expect LS045
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            view_ = nullptr;
        }
        return view_ != nullptr;
    }

private:
    PVOID block_ = nullptr;
    PVOID view_ = nullptr;
    PMDL mdl_ = nullptr;
};

bool Share(SharedBlock &block)
{
    return block.Create(512);
}
