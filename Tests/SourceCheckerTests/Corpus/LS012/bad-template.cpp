#include <ntddk.h>

template <typename T> static T *AddressOf(PMDL mdl)
{
    return static_cast<T *>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority));
}

struct Record {
    ULONG Length;
    ULONG Kind;
};

void Stamp(PMDL mdl)
{
    auto *record = static_cast<Record *>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority)); // expect LS012

    record->Length = sizeof(Record);
    if (auto *again = AddressOf<Record>(mdl))
        again->Kind = 1;
}
