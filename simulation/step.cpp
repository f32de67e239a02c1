#include "simulation/step.hpp"

namespace throng::simulation {

tick_totals& tick_totals::operator+=(const tick_totals& other) {
  web_requests += other.web_requests;
  web_errors += other.web_errors;
  web_work_us += other.web_work_us;
  transactions += other.transactions;
  declined += other.declined;
  return *this;
}

} // namespace throng::simulation
