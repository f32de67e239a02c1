// CAF's test DSL. Its headers use a macro that they leave to the test to define.
#pragma once

#define FAIL CAF_FAIL // NOLINT(readability-identifier-naming): their name
#include <caf/test/dsl.hpp>
