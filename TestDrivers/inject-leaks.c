// Asks for NULL, but forgets what it has when it gets no more.
#define LEAKS
#include "inject.h"
