"""Faults between the programs and the servers: connections that break or go silent, a store that is slow or refuses."""
import threading
import time

from proxy import Proxy
from trial import Trial, require

one_at_a_time = threading.Lock()  # the brokers tell clients one set of ports to come to


def behind_proxies(brokers, store, folder, seed):
    """A trial whose programs reach the brokers through a proxy each."""
    proxies = [Proxy(("127.0.0.1", target), port) for target, port in zip(brokers.behind_proxies, brokers.at_proxies)]
    trial = Trial(brokers, store, folder, seed, addresses=",".join(f"127.0.0.1:{proxy.port}" for proxy in proxies))
    trial.proxies = proxies
    return trial


def store_behind_proxy(brokers, store, folder, seed):
    """A trial whose programs reach the store through a proxy."""
    host, port = store.address.rsplit(":", 1)
    proxy = Proxy((host, int(port)), mongodb=True)
    trial = Trial(brokers, store, folder, seed)
    trial.store = trial.store.replace(store.address, f"127.0.0.1:{proxy.port}")
    trial.proxies = [proxy]
    return trial


def brokers_cut_and_half_open(trial, full):
    "every connection to the brokers cut, then every one left open and silent, for good"
    trial.begin(2)
    for _ in range(5 if full else 2):
        trial.advances()
        cut = sum(proxy.cut() for proxy in trial.proxies)
        require(cut > 0, "no connection went through the proxies")
        trial.advances()
        silent = sum(proxy.leave_half_open() for proxy in trial.proxies)
        trial.says(f"{cut} cut, {silent} silent")
        trial.advances(3)


brokers_cut_and_half_open.make = behind_proxies


def store_unreachable(trial, full):
    "the store's connections cut and new ones refused for a while"
    [proxy] = trial.proxies
    trial.begin(2)
    for _ in range(3 if full else 1):
        trial.advances()
        proxy.open = False
        cut = proxy.cut()
        time.sleep(20 if full else 8)
        proxy.open = True
        trial.says(f"{cut} connections cut")
        trial.advances(3)


store_unreachable.make = store_behind_proxy


def store_slow(trial, full):
    "each call of the store takes longer by half a second (--full: a second)"
    [proxy] = trial.proxies
    trial.start_world()
    trial.start_analyser()
    trial.advances()
    proxy.delay_s = 1.0 if full else 0.5
    time.sleep(60 if full else 8)
    proxy.delay_s = 0.0
    trial.advances(3)


store_slow.make = store_behind_proxy


def store_fails_every_tenth_write(trial, full):
    "of ten writes to the store one fails: in turn refused, or done and its answer lost"
    [proxy] = trial.proxies
    trial.begin(2)
    trial.advances()
    proxy.fail_every = 10
    trial.wait_for("writes that fail", lambda: proxy.failed >= (60 if full else 10))
    trial.advances()
    proxy.fail_every = 0
    trial.says(f"{proxy.failed} of {proxy.writes} writes failed")
    trial.advances()


store_fails_every_tenth_write.make = store_behind_proxy


def store_out_of_disk(trial, full):
    "the store's own disk full: it refuses every write (as MongoDB says it, OutOfDiskSpace); analysers end, and start again when there is room"
    [proxy] = trial.proxies
    trial.begin(2)
    trial.advances()
    proxy.full = True
    for each in list(trial.analysers):
        status = each.ends(expect=None)
        trial.analysers.remove(each)
        require(status == 1, f"with a store that is full {each.name} ended with status {status}, not 1\n{each.said()[-800:]}")
        require("no space left" in each.said(), f"{each.name} does not say why\n{each.said()[-800:]}")
    trial.under_load()
    time.sleep(10 if full else 1)
    proxy.full = False
    trial.says(f"{proxy.failed} writes refused")
    for _ in range(2):
        trial.start_analyser()
    trial.members(2)
    trial.advances(2)


store_out_of_disk.make = store_behind_proxy

CONFINED = [brokers_cut_and_half_open, store_unreachable, store_slow, store_fails_every_tenth_write, store_out_of_disk]
SHARED = []
