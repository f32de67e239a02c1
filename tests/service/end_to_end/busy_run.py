"""A run that can't save, for tests of how it stops."""
import sqlite3
import subprocess

from throng import InFolder


class BusyRun(InFolder):
    def busy(self, *more):
        """A run whose store somebody else locks: it can't save."""
        process = self.started("run", "smart-city", "--duration", "30d", "--set", "populations.sensors.count=500", "--store", self.store, *more,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in process.stderr:
            if "the world begins" in line:
                break
        holder = sqlite3.connect(self.path("throng.db"), isolation_level=None, timeout=60)
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        return process
