// The drivers of wdm-stack.c, of which the filter does not call PoStartNextPowerIrp.
// Loads on: Windows 2000 and later; on x64 on every release.
// Must come of it: right since Vista; before, the request for S0 is never completed, as the filter never gets it.
#define FORGETS_NEXT_POWER
#include "wdm-stack.c"
