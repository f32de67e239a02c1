"""Breaks Throng and its servers under load, and proves each time that nothing is lost, doubled or left hanging.

  run.py [--minutes M] [--soak MINUTES] [--seed N]     faults in an order drawn from the seed, none begun after M minutes (2)
  run.py [--full] [--seed N] [--soak MINUTES] [NAME...]      NAME `none`: the soak alone

Needs THRONG_PROGRAM, and three brokers and a store as `deploy/servers/servers.sh up --brokers 3` starts them. NAME: these faults only (--list).
Each fault says what it did and what it proved; one that hit after the work was done is void and runs again.
Without --full each fault is done in its shortest form.
"""
import argparse
import concurrent.futures
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback

import brokers as of_brokers
import clocks
import disks
import network
import processes
import soak
from servers import Brokers, Store
from trial import STARTED, Failed, Trial, Void

GROUPS = [processes, network, disks, clocks, of_brokers]
# What the short form draws from: each was seen to be proved on two busy cores. The others are run by name or by --full.
DRAWN = {"zombie", "rolling_restart", "scaling", "offsets_out_of_range", "store_fails_every_tenth_write", "sqlite_locked",
         "no_room_for_checkpoints", "damaged_checkpoint"}
printing = threading.Lock()


def say(text):
    with printing:
        print(text, flush=True)


def attempt(fault, seed, full, brokers, store):
    """Runs a fault until it hit something: true if what it should prove holds."""
    make = getattr(fault, "make", Trial)
    with network.one_at_a_time if make is network.behind_proxies else contextlib.nullcontext():
        for turn in range(3):
            outcome = one_round(fault, make, seed + turn, full, brokers, store)
            if outcome is not None:
                return outcome
    say(f"FAIL  {fault.__name__}: void three times")
    return False


def one_round(fault, make, seed, full, brokers, store):
    """True: proved; false: failed; none: void."""
    name, began = fault.__name__, time.monotonic()
    folder = tempfile.mkdtemp(prefix=f"throng-fault-{name}-")
    trial = make(brokers, store, folder, seed)
    took = lambda: f"{time.monotonic() - began:.0f} s"
    try:
        if not fault(trial, full):  # else it has proved something else than the rest
            trial.finish()
    except Void as why:
        say(f"void  {name} ({took()}): {why}; again")
        return None
    except Failed as why:
        say(f"FAIL  {name} ({took()}, seed {seed}, logs in {folder}): {fault.__doc__}\n      {why}")
        return False
    except Exception:
        say(f"FAIL  {name} ({took()}, seed {seed}, logs in {folder}): {traceback.format_exc()}")
        return False
    finally:
        trial.close()
    say(f"ok    {name} ({took()}): {'; '.join([fault.__doc__, *trial.did])}\n      proved: {trial.proved}")
    shutil.rmtree(folder)
    return True


def end_all(*_):
    """Ended from outside, as by a limit of CTest's."""
    for process in STARTED:
        if process.poll() is None:
            process.kill()
    os._exit(1)


def main():
    signal.signal(signal.SIGTERM, end_all)
    signal.signal(signal.SIGINT, end_all)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--soak", type=float, metavar="MINUTES")
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    confined = [fault for group in GROUPS for fault in group.CONFINED]
    shared = [fault for group in GROUPS for fault in group.SHARED]
    if given.list:
        for fault in confined + shared:
            print(f"{fault.__name__}: {fault.__doc__}")
        return 0
    unknown = set(given.names) - {"none"} - {fault.__name__ for fault in confined + shared}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}; --list names them")
    chosen = lambda faults: [fault for fault in faults if not given.names or fault.__name__ in given.names]
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1 << 30)
    say(f"faults: seed {seed} (again: --seed {seed})")
    brokers, store = Brokers(), Store()
    results = []
    if given.full or given.names:
        # Those that break only what is their own may run side by side; those that break the servers one by one, after.
        with concurrent.futures.ThreadPoolExecutor(given.at_once) as pool:
            results += pool.map(lambda fault: attempt(fault, seed, given.full, brokers, store), chosen(confined))
        results += [attempt(fault, seed, given.full, brokers, store) for fault in chosen(shared)]
    else:
        drawn = [fault for fault in confined + shared if fault.__name__ in DRAWN]
        random.Random(seed).shuffle(drawn)
        ends = time.monotonic() + 60 * given.minutes
        while drawn and time.monotonic() < ends:
            results.append(attempt(drawn.pop(0), seed, False, brokers, store))
        if drawn:
            say(f"faults: not drawn within {given.minutes:g} minutes: {', '.join(fault.__name__ for fault in drawn)} (--full does all)")
    if given.soak:
        results.append(attempt(soak.steady(given.soak), seed, given.full, brokers, store))
    say(f"faults: {sum(results)} of {len(results)} proved")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
