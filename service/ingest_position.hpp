// A source's position as the store keeps it: JSON, with the request that it is of. What is done with it is sources/'s.
#pragma once

#include <memory>
#include <string>

#include "sources/source_run.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// @param store null: nothing is remembered @param anew what is remembered does not count
std::unique_ptr<sources::position_book> open_position(storage::result_store* store, const sources::source& of,
                                                      bool anew);

} // namespace throng::service
