#include <ntddk.h>

class MappedBuffer {
public:
    explicit MappedBuffer(PMDL mdl) : mdl_(mdl), page_(nullptr) {}

    UCHAR *Map()
    {
        page_ = MmMapLockedPages(mdl_, KernelMode); // expect LS021
        return static_cast<UCHAR *>(page_) + MmGetMdlByteOffset(mdl_); // expect LS001
    }

    void Unmap() { MmUnmapLockedPages(page_, mdl_); }

private:
    PMDL mdl_;
    PVOID page_;
};
