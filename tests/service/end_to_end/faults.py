"""Places that fail: disks that are full or read-only, servers that listen and never answer, ports where nobody listens."""
import os
import resource
import signal
import socket
import subprocess

from throng import PROGRAM

NAMESPACE = ["unshare", "--mount", "--map-root-user"]  # a mount table of our own; needs no privilege where users may have namespaces


def may_mount():
    try:
        return subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def on_a_disk(folder, size, script):
    """Runs a bash script in a file system of its own of that size, mounted at FOLDER while it runs, with `throng` in its path; (stdout, stderr)."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("THRONG_")}
    environment["PATH"] = os.path.dirname(PROGRAM) + ":" + environment["PATH"]
    mount = f'set -u; mount -t tmpfs -o size={size} none "{folder}"; cd "{folder}"\n'
    done = subprocess.run([*NAMESPACE, "bash", "-c", mount + script], env=environment, capture_output=True, text=True, timeout=120)
    return done.stdout, done.stderr


def no_file_over(size):
    """For `before=`: whatever the program writes into a file past this size fails, as on a disk that is full."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def silent_server(test):
    """HOST:PORT where connections are made and nothing is ever said."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    test.addCleanup(listening.close)
    return "127.0.0.1:%d" % listening.getsockname()[1]


def nobody(test):
    """HOST:PORT where nobody listens: taken, so that no other program gets it meanwhile."""
    bound = socket.socket()
    test.addCleanup(bound.close)
    bound.bind(("127.0.0.1", 0))
    return "127.0.0.1:%d" % bound.getsockname()[1]
