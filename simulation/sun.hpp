// Where the sun stands over the city, and how bright it makes a street under a clear sky. Leaves clouds to weather.hpp.
#pragma once

#include "config/time.hpp"

namespace throng::simulation {

/// The sine of the sun's elevation at a latitude (degrees): from its declination (Cooper, "The absorption of radiation in
/// solar stills", 1969) and its hour angle with the equation of time (Spencer, 1971, in the form of Duffie and Beckman,
/// "Solar engineering of thermal processes", section 1.5). Clocks show UTC, and noon is at twelve but for that equation.
double sun_elevation(timestamp time, double latitude);

/// Illuminance of a horizontal street under a clear sky, lux: the sun's and the sky's (IES calculation procedures
/// committee, "Recommended practice for the calculation of daylight availability", 1984), and twilight below the horizon:
/// 400 lux at sunset, 3.4 at six degrees under it.
double clear_sky_light(double sine_of_elevation);

/// What is left of it under `cloud` (0 to 1): Kasten and Czeplak, "Solar and terrestrial radiation dependent on the amount
/// and type of cloud", 1980.
double through_clouds(double cloud);

} // namespace throng::simulation
