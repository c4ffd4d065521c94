// Uses what it got without asking whether it is NULL.
#define UNCHECKED
#include "inject.h"
