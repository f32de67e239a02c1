// What most tests include and what takes longest to parse, once for all of them.
#pragma once

#include <boost/json.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#undef CAF_SUITE // each test has its own
