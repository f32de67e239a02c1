// Ctrl-C and SIGTERM: the first asks for a clean stop, the second ends the process at once.
#pragma once

namespace throng::service {

void watch_for_interrupts();

/// Whether a clean stop has been asked for.
bool interrupted();

} // namespace throng::service
