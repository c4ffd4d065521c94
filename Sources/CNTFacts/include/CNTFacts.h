#ifndef CNTFACTS_H
#define CNTFACTS_H

#include <stddef.h>
#include <stdint.h>

/// The bytes of one embedded table. They are constant and live as long as the program.
typedef struct CNTFactsTable {
  const uint8_t *_Nonnull bytes;
  size_t count;
} CNTFactsTable;

CNTFactsTable CNTFactsReleases(void);
CNTFactsTable CNTFactsAddressLimits(void);
CNTFactsTable CNTFactsExports(void);
CNTFactsTable CNTFactsKnownDifferences(void);
CNTFactsTable CNTFactsBugChecks(void);
CNTFactsTable CNTFactsRoutines(void);
CNTFactsTable CNTFactsDocumentedInterfaces(void);
CNTFactsTable CNTFactsLayouts(void);
CNTFactsTable CNTFactsLayoutVariants(void);
CNTFactsTable CNTFactsResults(void);
CNTFactsTable CNTFactsStrings(void);

#endif
