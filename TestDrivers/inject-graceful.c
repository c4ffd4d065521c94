// Asks what it got for NULL, and gives back what it has when it gets no more.
#include "inject.h"
