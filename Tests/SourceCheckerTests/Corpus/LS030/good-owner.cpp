#include <ntddk.h>

class MdlOwner {
public:
    explicit MdlOwner(PMDL mdl) : mdl_(mdl) {}
    ~MdlOwner()
    {
        if (mdl_ != nullptr)
            IoFreeMdl(mdl_);
    }
    PMDL get() const { return mdl_; }

private:
    PMDL mdl_;
};

ULONG CountPages(PVOID buffer, ULONG length)
{
    MdlOwner owner(IoAllocateMdl(buffer, length, FALSE, FALSE, nullptr));

    if (owner.get() == nullptr)
        return 0;
    return MmGetMdlByteCount(owner.get()) / PAGE_SIZE;
}
