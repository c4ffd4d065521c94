// target w2k..win11_24h2
#include <ntddk.h>

typedef NTSTATUS(NTAPI *PROTECT_MDL)(PMDL Mdl, ULONG Protect);

NTSTATUS MakeReadOnly(PMDL mdl)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"MmProtectMdlSystemAddress");
    PROTECT_MDL protect = (PROTECT_MDL)(ULONG_PTR)MmGetSystemRoutineAddress(&name);

    if (protect == NULL)
        return STATUS_NOT_IMPLEMENTED;
    return protect(mdl, PAGE_READONLY);
}
