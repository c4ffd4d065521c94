#include <ntddk.h>

class Mapping {
public:
    explicit Mapping(PMDL mdl)
        : va_(static_cast<UCHAR *>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority))),
          size_(MmGetMdlByteCount(mdl))
    {
    }

    explicit operator bool() const { return va_ != nullptr; }
    UCHAR *data() const { return va_; }
    ULONG size() const { return size_; }

private:
    UCHAR *va_;
    ULONG size_;
};

bool Clear(PMDL mdl)
{
    Mapping mapping(mdl);

    if (!mapping)
        return false;
    RtlZeroMemory(mapping.data(), mapping.size());
    return true;
}
