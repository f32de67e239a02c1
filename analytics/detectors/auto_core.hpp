// The thinking of the `auto` detector: several views of one series, each calibrated on its own past, and their combination.
// Leaves to scored_series what becomes of a surprise (score, incident, alarm).
#pragma once

#include <array>
#include <cstdint>

#include "analytics/codec.hpp"
#include "analytics/detector.hpp"
#include "analytics/detectors/tail_model.hpp"

namespace throng::analytics {

class auto_core {
public:
  enum view { next, place, some, many, quiet, loud, stuck, crowd, views };

  /// The surprise of x: -log10 of how often the past was as odd.
  double surprise(timestamp t, double x);
  explanation explain(std::string_view field) const;
  void save(byte_writer& out) const;
  void load(byte_reader& in);

  static constexpr int lags = 6;
  static constexpr int terms = lags + 3;
  static constexpr int day_bins = 96;
  static constexpr int week_bins = 336;

  /// A mean that begins as the mean of all and goes on as one that fades.
  struct fading {
    float mean = 0;
    float take(float x, float n, float memory) {
      mean += (x - mean) / (n < memory ? n : memory);
      return mean;
    }
  };

  /// The last values, and how well each lag tells the next: a period that is no day's or week's.
  class cycle {
  public:
    static constexpr std::uint32_t span = 360;
    bool expect(double& x) const;
    void take(float x, float limit);
    std::uint32_t lag() const {
      return lag_;
    }
    float error() const {
      return lag_ == 0 ? 0 : errors_[lag_ - 1U];
    }

  private:
    friend class auto_core;
    std::array<float, span> ring_{};
    std::array<float, span> errors_{};
    std::uint32_t at_ = 0;
    std::uint32_t count_ = 0;
    std::uint16_t lag_ = 0;
  };

  template <int Bins>
  struct profile {
    std::array<float, Bins> mean{};
    std::array<std::uint8_t, Bins> seen{};
    fading error;
    float known = 0; // how many values it could have told
  };

private:
  /// Shows `visitor` all that is state, in the order in which it is saved.
  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor);
  template <int Bins>
  bool expected_by(const profile<Bins>& p, double phase, double& x) const;
  template <int Bins>
  void learn(profile<Bins>& p, double phase, double x, double limit);
  double predict(const std::array<double, terms>& in) const;
  void learn_step(const std::array<double, terms>& in, double error, double usual);

  std::uint32_t n_ = 0;
  std::int64_t last_ms_ = 0;
  fading interval_s_;
  float level_ = 0;
  fading level_error_;
  profile<day_bins> day_;
  profile<week_bins> week_;
  cycle cycle_;
  float cycle_before_ = 0;
  float base_before_ = 0;
  std::uint8_t chosen_ = 0; // of level, day, week, cycle
  std::uint32_t since_chosen_ = 0;
  // One-step prediction: recursive least squares over the last deviations from what is expected.
  std::array<float, lags> deviations_{};
  std::array<float, terms> weights_{};
  std::array<float, std::size_t{terms} * terms> covariance_{};
  fading error_scale_;
  fading place_scale_, some_scale_, many_scale_;
  float some_ = 0, many_ = 0;
  fading energy_fast_, energy_slow_;
  float last_ = 0;
  std::uint32_t run_ = 0;
  float crowd_ = 0;
  std::array<tail_model, 12> tails_;
  tail_model all_;
  // Of the last value, for explain(); no state.
  std::array<double, views> surprises_{};
  double x_ = 0;
  double expected_ = 0;
  double followed_ = 0;
};

} // namespace throng::analytics
