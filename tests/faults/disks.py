"""Faults of a store that is a file: locked by another process, no room for more, a damaged checkpoint."""
import os
import resource
import signal
import sqlite3
import subprocess
import time

from trial import Trial, require


def in_a_file(brokers, store, folder, seed):
    return Trial(brokers, store, folder, seed, store_uri=f"sqlite:{folder}/throng.db")


def database(trial):
    return trial.store.removeprefix("sqlite:")


def sqlite_locked(trial, full):
    "SQLite's file locked by another process for longer than a writer waits"
    trial.start_world()
    trial.start_analyser()
    for _ in range(3 if full else 1):
        trial.advances()
        holder = sqlite3.connect(database(trial), isolation_level=None, timeout=60)
        holder.execute("BEGIN EXCLUSIVE")
        time.sleep(30 if full else 8)
        holder.execute("ROLLBACK")
        holder.close()
        trial.advances(3)


sqlite_locked.make = in_a_file


def no_room_for_checkpoints(trial, full):
    "an analyser that may write no more into its files, as on a full disk; then one that may"
    trial.start_world()
    first = trial.start_analyser()
    trial.advances()
    first.stop()
    trial.analysers.remove(first)
    size = max(os.path.getsize(database(trial)), 1 << 16)

    def little_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    cramped = trial.start("cramped", trial.analyse_arguments(), little_room)
    status = cramped.ends(expect=None)
    require(status == 1, f"without room the analyser ended with status {status}, not 1\n{cramped.said()[-800:]}")
    require("full" in cramped.said() or "disk" in cramped.said(), f"it does not say that the disk is full\n{cramped.said()[-800:]}")
    trial.says("it said: " + [line for line in cramped.said().splitlines() if "full" in line or "disk" in line][-1].strip()[:200])
    trial.start_analyser()
    trial.advances()


no_room_for_checkpoints.make = in_a_file


def on_a_disk_of_its_own(brokers, store, folder, seed):
    """A trial whose SQLite file stands on a disk that the test makes larger and smaller (tmpfs: needs root)."""
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "throng-fault", disk], check=True)
    trial = Trial(brokers, store, folder, seed, store_uri=f"sqlite:{disk}/throng.db")
    trial.at_end.append(lambda: subprocess.run(["umount", "--lazy", disk], check=True))
    return trial


def leave_room(trial, bytes):
    """So much and no more from now on."""
    disk = os.path.dirname(database(trial))
    used = os.statvfs(disk)
    size = (used.f_blocks - used.f_bfree) * used.f_frsize + bytes
    subprocess.run(["mount", "-o", f"remount,size={size >> 10}k", disk], check=True)


def disk_full(trial, full):
    "the disk of the store's file full while an analyser writes checkpoints and results into it; then there is room, and another analyser"
    trial.start_world()
    analyser = trial.start_analyser()
    for _ in range(3 if full else 1):
        trial.advances()
        leave_room(trial, 64 << 10)
        status = analyser.ends(expect=None)
        trial.analysers.remove(analyser)
        require(status == 1, f"on a full disk the analyser ended with status {status}, not 1\n{analyser.said()[-800:]}")
        told = [line.strip() for line in analyser.said().splitlines() if "the disk is full" in line]
        require(told, f"it does not say that the disk is full\n{analyser.said()[-800:]}")
        trial.says(f"it said: {told[-1][:200]}")
        trial.under_load()
        leave_room(trial, 256 << 20)
        analyser = trial.start_analyser()
        trial.advances(2)


disk_full.make = on_a_disk_of_its_own


def damaged_checkpoint(trial, full):
    "an analyser killed, a byte of each newest checkpoint chunk changed, started again"
    trial.start_world()
    first = trial.start_analyser()
    trial.advances(5)
    first.kill()
    trial.analysers.remove(first)
    store = sqlite3.connect(database(trial), timeout=60)
    damaged = 0
    newest = {}
    for id, at in store.execute("SELECT id, rowid FROM checkpoint_chunks WHERE id LIKE '%city-climate%' ORDER BY rowid"):
        newest[partition_of(id)] = (id, at)
    for id, _ in newest.values():
        [[data]] = store.execute("SELECT bytes FROM checkpoint_chunks WHERE id = ?", [id])
        data = bytearray(data)
        data[len(data) // 2] ^= 0x55
        store.execute("UPDATE checkpoint_chunks SET bytes = ? WHERE id = ?", [bytes(data), id])
        damaged += 1
    store.commit()
    store.close()
    require(damaged > 0, "no checkpoint to damage")
    again = trial.start_analyser()
    trial.advances(3)
    require(again.runs(), "it ended")
    told = [line for line in again.said().splitlines() if "epoch" in line or "checkpoint" in line]
    require(told, f"it does not say that it fell back\n{again.said()[-1500:]}")
    trial.says(f"{damaged} chunks damaged; it said: {told[0].strip()[:220]}")


damaged_checkpoint.make = in_a_file


def partition_of(id):
    """OWNER/TOPIC/PARTITION of OWNER/TOPIC/PARTITION/GENERATION/SAVE/CHUNK."""
    return "/".join(id.split("/")[:3])


CONFINED = [sqlite_locked, no_room_for_checkpoints, disk_full, damaged_checkpoint]
SHARED = []
