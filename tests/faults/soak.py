"""A steady rate for long: memory, lag and file descriptors are sampled, and stay flat."""
import math
import time

from trial import require


def steady(minutes):
    def soak(trial, full):
        # The world is not to end before: half an hour of its time for what comes before and behind the soak.
        trial.minutes = max(trial.minutes, math.ceil(minutes * trial.speed) + 30 * trial.speed)
        trial.begin(2)
        trial.advances()
        lags = []
        deadline = time.monotonic() + 60 * minutes
        while time.monotonic() < deadline:
            lags.append(trial.lag())
            trial.under_load()
            for each in trial.analysers:
                require(each.runs(), f"{each.name} has ended\n{each.said()[-1000:]}")
            time.sleep(min(5, 6 * minutes))
        # A checkpoint is due every half second, so a few seconds of messages may be open.
        rate = trial.rate
        late = lags[len(lags) // 2:]
        require(sorted(late)[len(late) // 2] < 10 * rate, f"the lag grows: {lags}")
        trial.says(f"lag {min(lags)} to {max(lags)} messages at {rate:.0f}/s")
    soak.__doc__ = f"a steady rate for {minutes:g} minutes"
    return soak
