// Detectors of anomalies in one entity's series of values: what the engine asks of each, and the register of those that exist.
// A detector is causal (an answer at time t uses nothing that came after), deterministic, and bounded in memory. Leaves to the engine
// which events it sees, and to alert.hpp what becomes of an alarm.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <tl/expected.hpp>

#include "analytics/codec.hpp"
#include "analytics/expression.hpp"
#include "analytics/value.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

/// What a detector says to one value.
struct detection {
  double score = 0;     ///< 0 (ordinary) to 1; at least `threshold` where it would alarm
  double threshold = 1; ///< of the score
  bool alarm = false;   ///< false within the refractory period, whatever the score
  // How an alarm that rang before goes on. A value may be neither: within a hysteresis, or no value.
  bool odd = false;  ///< one for an alarm, whether or not it rings
  bool calm = false; ///< an ordinary one, when another could ring
  double height = 0; ///< of an odd one: greater is odder, in a unit of the detector's own
};

/// Why it alarmed, for people.
struct explanation {
  std::string reason; ///< a sentence
  boost::json::object evidence;
};

/// The state of one entity's series.
class series_detector {
public:
  virtual ~series_detector() = default;
  /// Takes the next value, in the order of the partition. What is no finite number changes nothing, unless the detector says so.
  /// @param at_least an alarm needs a score of that too (taught_threshold.hpp)
  virtual detection observe(timestamp t, const value& x, double at_least) = 0;
  detection observe(timestamp t, const value& x) {
    return observe(t, x, 0);
  }
  /// Of the last observation. @pre it alarmed @param field what the values are, as the pipeline names it
  virtual explanation explain(std::string_view field) const = 0;

  virtual void save(byte_writer& out) const = 0;
  /// @throws corrupt_state
  virtual void load(byte_reader& in) = 0;
};

/// A detector with its parameters. Immutable, shared by all entities and partitions.
class detector {
public:
  virtual ~detector() = default;
  /// An entity's series before its first value. It must not outlive the detector.
  virtual std::unique_ptr<series_detector> fresh() const = 0;
  /// An entity's state is dropped, and begins anew, once the watermark is this far past its latest value.
  virtual milliseconds forget() const = 0;
  virtual config::severity severity() const = 0;
  /// An alarm is over with so many calm values in a row.
  virtual std::uint32_t calm_values() const {
    return 1;
  }
  /// For `throng pipeline explain`.
  virtual std::string sentence() const = 0;
};

struct parameter_doc {
  std::string_view name;
  std::string_view default_value; ///< as JSON
  std::string_view sentence;      ///< with unit and range
};

struct detector_doc {
  std::string_view name;
  std::string_view sentence;
  std::vector<parameter_doc> parameters;
};

/// Those that exist, by name; the parameters that all of them take are among each one's.
const std::vector<detector_doc>& known_detectors();

/// Those that look at more than one series, so that only pipelines have them.
const std::vector<detector_doc>& pipeline_detectors();

/// @param path of the `detect` entry, for findings: an unknown detector or parameter names the nearest known
tl::expected<std::shared_ptr<const detector>, findings> make_detector(const config::detect& definition,
                                                                      const std::string& path);

} // namespace throng::analytics
