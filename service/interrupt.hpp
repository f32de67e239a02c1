// Ctrl-C and SIGTERM: the first asks for a clean stop, the second ends the process at once.
#pragma once

namespace throng::service {

void watch_for_interrupts();

/// Whether a clean stop has been asked for.
bool interrupted();

/// Whether a clean stop was asked for so long ago that what it waits for is given up: commands.md has 30 s from the signal to the end
/// of the process, and letting go takes some of them.
bool stop_is_overdue();

} // namespace throng::service
