#!/usr/bin/env python3
"""What `serve` says to a service manager: that it is ready, that it lives, that it stops. The socket of systemd is
played here; without one, or with one that is not there, the server serves all the same.

    service_test.py SERVER_PROGRAM
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 120
PROGRAM = sys.argv[1]


class manager:
    """The socket of a service manager, and one process of the server."""

    def __init__(self, folder, name, **environment):
        self.heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        self.heard.settimeout(PATIENCE)
        self.process = start(folder, NOTIFY_SOCKET=name, **environment)

    def next(self):
        return self.heard.recv(4096).decode().split("\n")

    def words_in(self, seconds):
        """How many words of the watchdog come in that time."""
        until = time.monotonic() + seconds
        count = 0
        while (left := until - time.monotonic()) > 0:
            self.heard.settimeout(left)
            try:
                count += "WATCHDOG=1" in self.next()
            except TimeoutError:
                break
        self.heard.settimeout(PATIENCE)
        return count


def start(folder, **environment):
    left = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")}
    return subprocess.Popen([PROGRAM, "serve", "--data", str(folder / "data"), "--listen", "127.0.0.1:0"],
                            env={**left, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def end(process):
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, process.returncode


def says_what_it_does(folder, name):
    with_pid = manager(folder, name, WATCHDOG_USEC="300000")
    first = with_pid.next()
    assert "READY=1" in first, first
    assert with_pid.process.stdout.readline().startswith("listening on "), "ready before it listens"
    for _ in range(3):
        assert with_pid.next() == ["WATCHDOG=1"]
    with_pid.process.send_signal(signal.SIGTERM)
    said = []
    while not said or "STOPPING=1" not in said:
        said = with_pid.next()
    with_pid.process.communicate(timeout=PATIENCE)
    assert with_pid.process.returncode == 0


def keeps_silent_when_stopped(folder):
    """A process that does not run says nothing: the watchdog would end it."""
    here = manager(folder, str(folder / "second"), WATCHDOG_USEC="300000")
    assert "READY=1" in here.next()
    assert "WATCHDOG=1" in here.next()
    here.process.send_signal(signal.SIGSTOP)
    here.words_in(0.3)  # what was on its way
    assert here.words_in(1) == 0
    here.process.send_signal(signal.SIGCONT)
    assert here.words_in(2) > 1
    end(here.process)


def watches_only_when_asked(folder):
    for number, environment in enumerate(({}, {"WATCHDOG_USEC": "300000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "x"})):
        here = manager(folder, str(folder / f"unwatched{number}"), **environment)
        assert "READY=1" in here.next()
        assert here.words_in(1) == 0, environment
        end(here.process)


def serves_without(folder):
    for environment in ({}, {"NOTIFY_SOCKET": str(folder / "nobody")}, {"NOTIFY_SOCKET": "relative"},
                        {"NOTIFY_SOCKET": "/" + 200 * "x"}):
        process = start(folder, WATCHDOG_USEC="300000", **environment)
        assert process.stdout.readline().startswith("listening on "), environment
        end(process)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    done = subprocess.run([PROGRAM, "init", "--data", str(folder / "data"), "--name", "localhost", "--admin",
                           "adm@clinica.test"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search("https://", done.stdout)
    says_what_it_does(folder, str(folder / "first"))
    says_what_it_does(folder, f"@autocusto-{os.getpid()}")
    keeps_silent_when_stopped(folder)
    watches_only_when_asked(folder)
    serves_without(folder)
print("says what it does to the service manager")
