// tree-sitter and its grammars, loaded at run time.
#pragma once
#include <stdint.h>
