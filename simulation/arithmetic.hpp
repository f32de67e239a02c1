// The functions that semantics.md 1 forbids us to take from libm, whose last bits differ between processors with and
// without fused multiply-add. These use + - * / and exact operations on bits only, so every machine that follows IEEE 754
// gives the same bits. Errors are stated against the true value, and tested against libm.
#pragma once

namespace throng::simulation {

/// e^x. Relative error at most 4e-16; 0 below -745, infinity above 709.7, NaN for NaN.
double exp(double x) noexcept;

/// The natural logarithm. Error at most 4e-16 * max(|log x|, |x - 1|); -infinity for 0, NaN below 0.
double log(double x) noexcept;

/// Error at most 5e-16 absolute for |x| <= 1e5; beyond 1e9 it is NaN, for the reduction would not hold.
double sin(double x) noexcept;
double cos(double x) noexcept;

/// base^exponent as exp(exponent * log(base)). Relative error at most 5e-16 * (1 + |exponent * log(base)|).
/// @pre base > 0, or base = 0 with a positive exponent, which gives 0
double pow(double base, double exponent) noexcept;

} // namespace throng::simulation
