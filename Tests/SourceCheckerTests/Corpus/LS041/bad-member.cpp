#include <ntddk.h>

class Reader {
public:
    explicit Reader(PMDL mdl) : mdl_(mdl) {}
    ULONG Left() const { return mdl_->ByteCount - used_; } // expect LS041

private:
    PMDL mdl_;
    ULONG used_ = 0;
};

ULONG LeftOf(PMDL mdl)
{
    return Reader(mdl).Left();
}
