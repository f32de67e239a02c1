// What incidents do to a sensor. With s the subtlety and f = 1 - s:
//
// sensor.spike: a reading, with probability (1 - 0.7 s) / 3, is off by 3 + 27 f degrees and 100 + 1400 f ppm.
// sensor.stuck: the readings stay where they were at the first, but for a share s of the sensor's noise.
// sensor.drift: the temperature moves away evenly, up or down, by 2 + 18 f degrees at the end; humidity against it.
// sensor.silence: a reading is left out with probability 1 - 0.8 s.
// sensor.noise: normal noise on top, with deviations of 0.6 + 5.4 f degrees, 2 + 16 f percent and 15 + 135 f ppm.
// sensor.offset: all at once, and to the end, off by 1 + 11 f degrees, up or down, 2 + 18 f percent against it, and
//   30 + 270 f ppm.
// sensor.dropout: temperature and humidity are null, with probability 1 - 0.8 s; below s = 0.5 CO2 and light too.
// sensor.battery_death: the battery sinks to 0 within a quarter (s = 0) to three quarters (s = 1) of the time; under 10 %
//   the readings' noise is up to 2 + 8 f times as large; at 0 it is silent, until a new battery is in by the end.
// sensor.district_outage: a whole district's sensors lose their power, but for a share 0.7 s of them (director.cpp chooses);
//   each within a second to (s = 1) two minutes.
// sensor.clock_skew: its clock, and so `timestamp`, is behind by 2 + 1198 f^2 seconds. (One that is ahead would move its
//   partition's watermark, and make everybody else late.)
//
// Where the power comes back, the sensor is on again `warm_up` before the incident's end, or an eighth of it if that is
// less: so what it does to the readings, warming up included, is over when the label says so. Readings that are left out
// take no seq, so they leave no trace in the label.
#include <algorithm>

#include "simulation/distributions.hpp"
#include "simulation/sensor.hpp"

namespace throng::simulation {
namespace {

/// What an incident draws once and keeps to.
enum incident_trait : std::uint64_t { sign, goes_down, temperature_draw, humidity_draw, co2_draw };

double length_of(const active_incident& incident) {
  return static_cast<double>((incident.order.end - incident.order.start).count());
}

/// The share of an incident that has passed, 0 to 1.
double progress(const active_incident& incident, timestamp now) {
  return static_cast<double>((now - incident.order.start).count()) / length_of(incident);
}

/// How much of an incident is left, relative to the time to warm up: 1 when the power comes back, 0 at its end.
double coldness(const active_incident& incident, timestamp now, milliseconds warm_up) {
  const auto needed = std::min(static_cast<double>(warm_up.count()), length_of(incident) / 8);
  return needed > 0 ? static_cast<double>((incident.order.end - now).count()) / needed : 2;
}

/// When the battery is empty, as a share of the incident.
double dies_at(const active_incident& incident) {
  return 0.25 + 0.5 * incident.order.subtlety;
}

double up_or_down(const active_incident& incident) {
  return incident.unit(sign) < 0.5 ? -1 : 1;
}

} // namespace

bool sensor::leaves_out(const active_incident& incident, timestamp now, milliseconds warm_up) {
  switch (incident.kind) {
  case silence:
    return incident.unit(static_cast<std::uint64_t>(now.ms)) < 1 - 0.8 * incident.order.subtlety;
  case battery_death:
    return progress(incident, now) >= dies_at(incident) && coldness(incident, now, warm_up) > 1;
  case district_outage: {
    const auto within = std::min(1'000 + 119'000 * incident.order.subtlety, length_of(incident) / 4);
    return static_cast<double>((now - incident.order.start).count()) >= incident.unit(goes_down) * within &&
           coldness(incident, now, warm_up) > 1;
  }
  default:
    return false;
  }
}

void sensor::apply(active_incident& incident, measured& now, const noises& own, const wake_context& in,
                   milliseconds warming) {
  const auto seq = in.next_seq(topic::iot_readings);
  const auto subtlety = incident.order.subtlety;
  const auto strength = incident.strength();
  switch (incident.kind) {
  case spike:
    if (incident.unit(seq) < (1 - 0.7 * subtlety) / 3) {
      now.temperature += 3 + 27 * strength;
      now.co2 += 100 + 1400 * strength;
    }
    break;
  case stuck: {
    auto& kept = incident.memo; // thousandths; no humidity is 0 but before there is any
    if (kept[1] == 0) {
      const auto keep = [](double value) { return static_cast<std::int64_t>(value * 1000); };
      kept[0] = keep(now.temperature);
      kept[1] = std::max<std::int64_t>(1, keep(now.humidity));
      kept[2] = keep(now.co2);
      kept[3] = keep(now.light);
    }
    const auto value = [](std::int64_t thousandths) { return static_cast<double>(thousandths) / 1000; };
    now.temperature = value(kept[0]) + subtlety * own.temperature;
    now.humidity = value(kept[1]) + subtlety * own.humidity;
    now.co2 = value(kept[2]) + subtlety * own.co2;
    now.light = value(kept[3]) * (1 + subtlety * own.light);
    break;
  }
  case drift: {
    const auto by = up_or_down(incident) * progress(incident, in.now()) * (2 + 18 * strength);
    now.temperature += by;
    now.humidity -= 1.5 * by;
    break;
  }
  case noise: {
    const auto more = [&](incident_trait which) { return normal_from(draw(incident.bits, which, seq)); };
    now.temperature += more(temperature_draw) * (0.6 + 5.4 * strength);
    now.humidity += more(humidity_draw) * (2 + 16 * strength);
    now.co2 += more(co2_draw) * (15 + 135 * strength);
    break;
  }
  case offset: {
    const auto way = up_or_down(incident);
    now.temperature += way * (1 + 11 * strength);
    now.humidity -= way * (2 + 18 * strength);
    now.co2 += 30 + 270 * strength;
    break;
  }
  case dropout:
    if (incident.unit(seq) < 1 - 0.8 * subtlety) {
      now.has_air = false;
      if (subtlety < 0.5)
        now.has_gas_and_light = false;
    }
    break;
  case battery_death: {
    const auto passed = progress(incident, in.now());
    if (passed >= dies_at(incident)) {
      warm_up(now, std::clamp(coldness(incident, in.now(), warming), 0.0, 1.0));
      break;
    }
    now.battery *= 1 - passed / dies_at(incident);
    if (now.battery < 10) {
      const auto more = (1 + 8 * strength) * (1 - now.battery / 10);
      now.temperature += more * own.temperature;
      now.humidity += more * own.humidity;
      now.co2 += more * own.co2;
    }
    break;
  }
  case district_outage:
    if (progress(incident, in.now()) > 0.5)
      warm_up(now, std::clamp(coldness(incident, in.now(), warming), 0.0, 1.0));
    break;
  case clock_skew:
    now.clock_behind += milliseconds{2'000 + static_cast<std::int64_t>(1'198'000 * strength * strength)};
    break;
  default: // silence leaves no trace in the readings that are sent
    break;
  }
}

} // namespace throng::simulation
