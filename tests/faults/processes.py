"""Faults of processes: analysers and the world killed, stopped for too long, restarted, more and fewer of them."""
import random
import signal
import time

from trial import SESSION_MS, require


def analysers_killed_in_rotation(trial, full):
    "three analysers of one group killed by kill -9, one after another, each replaced"
    trial.begin(3)
    for turn in range(9 if full else 3):
        trial.advances()
        victim = trial.analysers[turn % 3]
        victim.kill()
        trial.replace(victim)
    trial.advances()
    trial.under_load()


def world_killed_and_resumed(trial, full):
    "the world killed by kill -9 in mid-flow and resumed"
    trial.start_world()
    trial.start_analyser()
    for _ in range(5 if full else 2):
        trial.advances()
        trial.world.kill()
        trial.start_world()
    trial.advances()
    trial.under_load()


def both_killed(trial, full):
    "the world and both analysers killed by kill -9 in the same moment, all started again"
    trial.begin(2)
    for _ in range(4 if full else 1):
        trial.advances()
        for each in (trial.world, *trial.analysers):
            each.kill()
        trial.start_world()
        for each in list(trial.analysers):
            trial.replace(each)
    trial.advances()
    trial.under_load()


def zombie(trial, full):
    "an analyser stopped (SIGSTOP) for longer than its session, its partitions taken over, woken again"
    trial.begin(3)
    for turn in range(3 if full else 1):
        trial.advances()
        asleep = trial.analysers[turn]
        asleep.signal(signal.SIGSTOP)
        time.sleep(SESSION_MS / 1000)
        trial.members(2)
        trial.advances(2)
        asleep.signal(signal.SIGCONT)
        trial.members(3)
        require(asleep.runs(), "the analyser that woke did not go on")
    trial.advances()
    trial.under_load()


def rolling_restart(trial, full):
    "three analysers restarted one after another (SIGTERM, exit 0, a new one)"
    trial.begin(3)
    for each in list(trial.analysers):
        each.stop()
        trial.replace(each)
        trial.members(3)
        trial.advances()
    trial.under_load()


def scaling(trial, full):
    "one analyser, then three, then two"
    trial.begin(1)
    trial.advances()
    for _ in range(2):
        trial.start_analyser()
    trial.members(3)
    trial.advances()
    leaving = random.Random(trial.seed).choice(trial.analysers)
    trial.analysers.remove(leaving)
    leaving.stop()
    trial.members(2)
    trial.advances()
    trial.under_load()


CONFINED = [analysers_killed_in_rotation, world_killed_and_resumed, both_killed, zombie, rolling_restart, scaling]
SHARED = []
