#include <ntddk.h>

class Request {
public:
    explicit Request(PIRP irp) : irp_(irp) {}

    UCHAR *Buffer() const
    {
        return static_cast<UCHAR *>(MmGetSystemAddressForMdl(irp_->MdlAddress)); // expect LS021
    }

private:
    PIRP irp_;
};
