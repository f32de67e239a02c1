// An answer in parts that lie one behind another in time, for whoever passes on more than fits into memory. Together they are what ask() gives
// without a limit, in the same order.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <boost/json/object.hpp>

#include "query/query.hpp"

namespace throng::query {

using slice_receiver = std::function<expected<void>(const std::vector<boost::json::object>&)>;

/// @param what of windows, alerts or events, without order, limit, cursor and roll-up
/// @param most stored documents that are held at once; more only where so many have one time
/// @param give is called with parts that are not empty; its error ends it
/// @returns how many documents were given
expected<std::uint64_t> ask_in_slices(storage::result_store& store, const request& what, std::size_t most,
                                      const slice_receiver& give);

} // namespace throng::query
