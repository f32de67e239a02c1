// What a store keeps of a pipeline's definition, so that a page can draw it: the records `pipelines`. What a result depends on in full is
// the hash; how it is computed is for the pipeline's own file.
#pragma once

#include <memory>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/pipeline_plan.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// `{"name","description","source","key","hash","windows":[{"name","shape","size_ms","every_ms","group_by":[…],"aggregate":{FIELD:[NAME…]}}],`
/// `"features":[…],"detect":[{"name","detector","field","feedback","feedback_most"}],"rules":[{"name","severity"}]}`
boost::json::object describe(const analytics::pipeline_plan& plan);

/// One record a pipeline, by its name; the last definition stays.
expected<void> store_pipelines(storage::result_store& store,
                               const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans);

} // namespace throng::service
