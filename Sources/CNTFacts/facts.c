// Embeds the data files that Tools/facts/generate.py writes. Their sources and licences are in
// Data/ATTRIBUTION.md and in each file's first lines.

#include "CNTFacts.h"

// `#embed` is C23; clang offers it in every mode and says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t releases[] = {
#embed "Data/releases.tsv"
};
static const uint8_t addressLimits[] = {
#embed "Data/address_limits.tsv"
};
static const uint8_t exports[] = {
#embed "Data/exports.tsv"
};
static const uint8_t knownDifferences[] = {
#embed "Data/known_differences.tsv"
};
static const uint8_t bugChecks[] = {
#embed "Data/bugchecks.tsv"
};
static const uint8_t routines[] = {
#embed "Data/routines.tsv"
};
static const uint8_t documentedInterfaces[] = {
#embed "Data/ddi.tsv"
};
static const uint8_t layouts[] = {
#embed "Data/layouts.tsv"
};
static const uint8_t layoutVariants[] = {
#embed "Data/layout_variants.tsv"
};
static const uint8_t results[] = {
#embed "Data/results.tsv"
};
static const uint8_t strings[] = {
#embed "Data/strings.tsv"
};

#define TABLE(array) ((CNTFactsTable){array, sizeof array})

CNTFactsTable CNTFactsReleases(void) { return TABLE(releases); }
CNTFactsTable CNTFactsAddressLimits(void) { return TABLE(addressLimits); }
CNTFactsTable CNTFactsExports(void) { return TABLE(exports); }
CNTFactsTable CNTFactsKnownDifferences(void) { return TABLE(knownDifferences); }
CNTFactsTable CNTFactsBugChecks(void) { return TABLE(bugChecks); }
CNTFactsTable CNTFactsRoutines(void) { return TABLE(routines); }
CNTFactsTable CNTFactsDocumentedInterfaces(void) { return TABLE(documentedInterfaces); }
CNTFactsTable CNTFactsLayouts(void) { return TABLE(layouts); }
CNTFactsTable CNTFactsLayoutVariants(void) { return TABLE(layoutVariants); }
CNTFactsTable CNTFactsResults(void) { return TABLE(results); }
CNTFactsTable CNTFactsStrings(void) { return TABLE(strings); }
