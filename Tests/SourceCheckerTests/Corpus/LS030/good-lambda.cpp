// A lambda frees it on every way out.
#include <ntddk.h>

template <typename T> class OnExit {
public:
    explicit OnExit(T action) : action_(action) {}
    ~OnExit() { action_(); }

private:
    T action_;
};

ULONG CountPages(PVOID buffer, ULONG length)
{
    PMDL mdl = nullptr;
    auto release = [&mdl] {
        if (mdl != nullptr)
            IoFreeMdl(mdl);
    };
    OnExit<decltype(release)> guard(release);

    mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, nullptr);
    if (mdl == nullptr)
        return 0;
    return MmGetMdlByteCount(mdl) / PAGE_SIZE;
}
