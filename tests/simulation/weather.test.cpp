#define CAF_SUITE simulation.weather

#include "simulation/weather.hpp"

#include <cmath>
#include <vector>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "simulation/sky.hpp"
#include "simulation/sun.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace std::chrono_literals;

namespace {

const timestamp monday = *parse_iso8601("2026-01-05T00:00:00Z");
constexpr double degrees = 3.14159265358979 / 180;

double elevation(std::string_view time, double latitude = city_latitude) {
  return std::asin(sun_elevation(*parse_iso8601(time), latitude)) / degrees;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sx += x[i];
    sy += y[i];
    sxx += x[i] * x[i];
    syy += y[i] * y[i];
    sxy += x[i] * y[i];
  }
  return (sxy - sx * sy / n) / std::sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
}

} // namespace

CAF_TEST(the sun stands where the almanac says) {
  // 90 degrees less the latitude, plus the declination: 23.44 in June, -23.44 in December, 0 in March.
  CAF_CHECK(std::fabs(elevation("2026-06-21T12:02:00Z") - 65.24) < 0.1);
  CAF_CHECK(std::fabs(elevation("2026-12-21T11:58:00Z") - 18.36) < 0.1);
  CAF_CHECK(std::fabs(elevation("2026-03-20T12:07:00Z") - 41.8) < 0.5);
  CAF_CHECK(std::fabs(elevation("2026-03-20T18:07:00Z")) < 1); // day and night are of one length
  CAF_CHECK(elevation("2026-06-21T12:00:00Z", 70) > 40);
  CAF_CHECK(elevation("2026-06-21T00:00:00Z", 70) > 0); // the midnight sun
  // The equation of time: solar noon is 16 minutes early in the first days of November, 14 late in the middle of February.
  CAF_CHECK(elevation("2026-11-03T11:14:00Z") > elevation("2026-11-03T12:14:00Z"));
  CAF_CHECK(elevation("2026-02-11T11:44:00Z") < elevation("2026-02-11T12:44:00Z"));
}

CAF_TEST(the light and the warmer half of the year follow the latitude) {
  const auto midwinter = *parse_iso8601("2026-01-20T00:00:00Z");
  const auto midsummer = *parse_iso8601("2026-07-21T00:00:00Z");
  struct day {
    double light = 0; ///< lux hours
    double warmth = 0;
    int bright_hours = 0;
  };
  // The mean of many seeds, so that clouds and fronts fall out of it.
  const auto day_at = [](double latitude, timestamp begin) {
    day all;
    constexpr int seeds = 60;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      const climate city{seed, 1, latitude};
      for (int hour = 0; hour < 24; ++hour) {
        const auto now = city.at(0, begin + std::chrono::hours{hour});
        all.light += now.light / seeds;
        all.warmth += now.temperature / 24 / seeds;
        all.bright_hours += seed == 1 && now.light > 300 ? 1 : 0;
      }
    }
    return all;
  };
  const auto north = day_at(60, midwinter);
  const auto here = day_at(city_latitude, midwinter);
  const auto equator = day_at(0, midwinter);
  const auto south = day_at(-34, midwinter);
  CAF_CHECK(2 * north.light < here.light);
  CAF_CHECK(2 * here.light < equator.light);
  CAF_CHECK(here.bright_hours < equator.bright_hours);
  // The sun is up for 17.6 hours in July, for 7.2 in January; 300 lux under clouds takes it a little above the horizon.
  const auto white_night = day_at(60, midsummer).bright_hours;
  CAF_CHECK(white_night >= 16 && white_night <= 18);
  CAF_CHECK(north.bright_hours >= 5 && north.bright_hours <= 8);
  CAF_CHECK(south.light > 1.5 * day_at(-34, midsummer).light);
  CAF_CHECK(south.warmth > day_at(-34, midsummer).warmth + 12);
  CAF_CHECK(day_at(34, midsummer).warmth > day_at(34, midwinter).warmth + 12);
}

CAF_TEST(light rises with the sun and clouds take most of it) {
  double before = 0;
  for (double sine = -0.3; sine <= 1; sine += 0.001) {
    const auto light = clear_sky_light(sine);
    CAF_CHECK(light > before);
    before = light;
  }
  CAF_CHECK(clear_sky_light(1) > 100'000 && clear_sky_light(1) < 130'000);
  CAF_CHECK(std::fabs(clear_sky_light(std::sin(-6 * degrees)) - 3.4) < 0.1);
  CAF_CHECK_EQUAL(through_clouds(0), 1.0);
  CAF_CHECK_EQUAL(through_clouds(1), 0.25);
}

CAF_TEST(a front changes the air of one district after the other as it crosses the city) {
  int cold = 0;
  int warm = 0;
  for (std::int64_t nth = 16'000; nth < 16'200; ++nth) {
    const auto of = front_of(3, nth);
    (of.change < 0 ? cold : warm)++;
    CAF_CHECK(std::fabs(of.east * of.east + of.north * of.north - 1) < 1e-12);
    CAF_CHECK(of.east > 0);
    district_traits west;
    west.east_km = -10 * of.east;
    west.north_km = -10 * of.north;
    district_traits east;
    east.east_km = 10 * of.east;
    east.north_km = 10 * of.north;
    const auto takes = static_cast<double>((of.passes(east) - of.passes(west)).count()) / 3'600'000;
    CAF_CHECK(std::fabs(takes * of.km_an_hour - 20) < 0.01);
    const auto cell = nth * front_spacing.count();
    CAF_CHECK(of.at_centre.ms >= cell && of.at_centre.ms < cell + front_spacing.count());
  }
  CAF_CHECK(cold > 80 && cold < 140 && warm > 60);
}

CAF_TEST(districts share their weather and a far one has it later) {
  // The districts that lie farthest west and east; their air by the minute, less its mean over two days.
  const climate city{1, 20};
  std::uint32_t west = 0;
  std::uint32_t east = 0;
  for (std::uint32_t i = 0; i < 20; ++i) {
    if (district_traits_of(1, i).east_km < district_traits_of(1, west).east_km)
      west = i;
    if (district_traits_of(1, i).east_km > district_traits_of(1, east).east_km)
      east = i;
  }
  const auto apart = district_traits_of(1, east).east_km - district_traits_of(1, west).east_km;
  CAF_CHECK(apart > 10);
  // The change of temperature over twenty minutes, around each front of two months.
  std::vector<double> first;
  std::vector<double> same;
  std::vector<double> later;
  std::vector<double> earlier;
  const auto change = [&](std::uint32_t district, timestamp at) {
    return city.at(district, at).temperature - city.at(district, at - 20min).temperature;
  };
  for (int i = 0; i < 60 * 24 * 3; ++i) {
    const auto at = monday + i * 20min;
    first.push_back(change(west, at));
    same.push_back(change(east, at));
    later.push_back(change(east, at + 30min));
    earlier.push_back(change(east, at - 30min));
  }
  CAF_MESSAGE(correlation(first, same) << " " << correlation(first, later) << " " << correlation(first, earlier));
  CAF_CHECK(correlation(first, later) > 0.5);
  CAF_CHECK(correlation(first, later) > correlation(first, same));
  CAF_CHECK(correlation(first, later) > correlation(first, earlier) + 0.2);
}

CAF_TEST(the days and the year have their curves) {
  const climate city{1, 20};
  double noon = 0, night = 0, winter = 0, summer = 0, afternoon = 0, dawn = 0, damp_dawn = 0, damp_afternoon = 0;
  for (int day = 0; day < 28; ++day) {
    const auto at = [&](milliseconds offset) { return city.at(3, monday + 24h * day + offset); };
    noon += at(12h).light;
    night += at(24h).light;
    winter += at(14h).temperature;
    summer += at(24h * 182 + 14h).temperature;
    afternoon += at(24h * 182 + 15h).temperature;
    dawn += at(24h * 182 + 4h).temperature;
    damp_afternoon += at(24h * 182 + 15h).humidity;
    damp_dawn += at(24h * 182 + 4h).humidity;
  }
  CAF_CHECK(noon > 100 * night);
  CAF_CHECK(summer > winter + 28 * 10);
  CAF_CHECK(afternoon > dawn + 28 * 5);
  CAF_CHECK(damp_dawn > damp_afternoon + 28 * 10);
}

CAF_TEST(carbon dioxide follows the people to work and home again and the traffic) {
  const climate city{1, 20};
  std::uint32_t offices = 0;
  std::uint32_t dwellings = 0;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto leans = [](const district_traits& of) { return of.offices - of.dwellings; };
    if (leans(district_traits_of(1, i)) > leans(district_traits_of(1, offices)))
      offices = i;
    if (leans(district_traits_of(1, i)) < leans(district_traits_of(1, dwellings)))
      dwellings = i;
  }
  const auto mean = [&](std::uint32_t district, milliseconds hour, bool workdays) {
    double sum = 0;
    int days = 0;
    for (int day = 0; day < 84; ++day)
      if ((day % 7 < 5) == workdays) {
        sum += city.at(district, monday + 24h * day + hour).co2;
        ++days;
      }
    return sum / days;
  };
  for (auto district : {offices, dwellings}) {
    CAF_CHECK(mean(district, 8h, true) > mean(district, 3h, true) + 20); // the morning's traffic
    CAF_CHECK(mean(district, 8h, true) > mean(district, 8h, false) + 20);
  }
  CAF_CHECK(mean(offices, 10h + 30min, true) > mean(offices, 10h + 30min, false) + 10);
  const auto by_day = mean(offices, 14h, true) - mean(dwellings, 14h, true);
  const auto by_night = mean(offices, 23h, true) - mean(dwellings, 23h, true);
  CAF_CHECK(by_day > by_night + 10);
}

CAF_TEST(a sky is the climate at whole minutes whenever it was made) {
  CAF_CHECK(rc::check([] {
    const climate city{*rc::gen::arbitrary<std::uint64_t>(), 3};
    const timestamp from{*rc::gen::inRange<std::int64_t>(-4'000'000'000'000, 4'000'000'000'000)};
    const auto until = from + milliseconds{*rc::gen::inRange<std::int64_t>(0, 600'000)};
    const sky narrow{city, from, until};
    const sky wide{city, from - 3min, until + 7min};
    RC_ASSERT(narrow.covers(from, until));
    const auto time = from + milliseconds{*rc::gen::inRange<std::int64_t>(0, (until - from).count() + 1)};
    const auto district = *rc::gen::inRange<std::uint32_t>(0, 3);
    RC_ASSERT(narrow.at(district, time).temperature == wide.at(district, time).temperature);
    RC_ASSERT(narrow.at(district, time).light == wide.at(district, time).light);
    const timestamp minute{time.ms - ((time.ms % 60'000) + 60'000) % 60'000};
    if (minute >= from)
      RC_ASSERT(narrow.at(district, minute).co2 == city.at(district, minute).co2);
  }));
}
