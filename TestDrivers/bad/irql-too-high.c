// Makes a symbolic link at DISPATCH_LEVEL.
#include "bad.h"

static VOID Act(VOID) {
  UNICODE_STRING link, target;
  KIRQL old;
  RtlInitUnicodeString(&link, L"\\DosDevices\\BadLink");
  RtlInitUnicodeString(&target, L"\\Device\\Null");
#ifdef CORRECT
  KeRaiseIrql(APC_LEVEL, &old);
  KeLowerIrql(old);
#else
  KeRaiseIrql(DISPATCH_LEVEL, &old);
#endif
  IoCreateSymbolicLink(&link, &target);  // MISTAKE
#ifndef CORRECT
  KeLowerIrql(old);
#endif
  IoDeleteSymbolicLink(&link);
}
