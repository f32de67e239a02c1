"""How long a stop may take: waits out the limit, so it is part of ./dev test --full only."""
import signal
import unittest

from busy_run import BusyRun


class Stopping(BusyRun):
    def test_sigterm_with_a_store_that_does_not_answer_ends_within_thirty_seconds_with_status_1(self):
        process = self.busy()
        process.send_signal(signal.SIGTERM)
        _, message = process.communicate(timeout=45)
        self.assertEqual(process.returncode, 1)
        self.assertIn("throng.db", message)


if __name__ == "__main__":
    unittest.main()
