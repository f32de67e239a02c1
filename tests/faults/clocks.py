"""Faults of the machine's wall clock: set forward and back while programs run."""
import os
import struct
import subprocess

from trial import Trial, require

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock.c")


def with_a_clock_of_its_own(brokers, store, folder, seed):
    """A trial whose programs have a wall clock that the test sets: a file that holds by how many milliseconds it is wrong."""
    trial = Trial(brokers, store, folder, seed)
    library, trial.clock = os.path.join(folder, "clock.so"), os.path.join(folder, "clock")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    set_clock(trial, 0)
    trial.environment = {"LD_PRELOAD": library, "THRONG_TEST_CLOCK": trial.clock}
    return trial


def set_clock(trial, hours):
    with open(trial.clock, "r+b" if os.path.exists(trial.clock) else "wb") as file:
        file.write(struct.pack("<q", hours * 3_600_000))


def clock_jumped(trial, full):
    "the wall clock of world and analysers set an hour forward, then two back, then right again"
    trial.begin(2)
    for _ in range(3 if full else 1):
        for hours in (1, -1, 0):
            trial.advances()
            set_clock(trial, hours)
            trial.advances(2)
            require(trial.world.runs() and all(each.runs() for each in trial.analysers), "a program ended")
    trial.says("hours ahead: 1, -1, 0")


clock_jumped.make = with_a_clock_of_its_own

CONFINED = [clock_jumped]
SHARED = []
