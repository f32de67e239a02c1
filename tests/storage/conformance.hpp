// What every result_store does, sentence by sentence of its header. A suite defines CAF_SUITE and `fresh_store()`, then includes this.
#pragma once

#include "conformance_checkpoints.hpp"
#include "conformance_finding.hpp"
#include "conformance_guards.hpp"
#include "conformance_records.hpp"
#include "conformance_round_trip.hpp"
