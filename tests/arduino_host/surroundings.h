// The board's surroundings, as a test sets them: see board.cpp.
#pragma once

#include <string>

// A variable of the environment; empty if it is not set.
std::string surroundings(const char* name);
