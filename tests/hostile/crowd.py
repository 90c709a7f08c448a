#!/usr/bin/env python3
"""A crowd that speaks wrongly, or says nothing at all, while honest laptops go on.

    crowd.py PROGRAMS [--connections N]     10,000 by hand, fewer in ctest

Most connections finish TLS and stay silent; the others trickle, stop half-way, hang up, speak
something else, or promise what they never send. Two laptops of one doctor save and sync the whole
time, each with its own connections; what one saves must reach the other. Afterwards the server
must have let go of everybody by its own deadlines, be sound, and serve as before.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import resource
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "legacy"))
from world import World, require, wait_until  # noqa: E402

SPARE_FILES = 500      # of the limit of open files, for everything but the crowd
LONGEST_DEADLINE = 90  # seconds; the server's own are shorter
CPFS = ["11144477735", "52998224725", "39053344705", "15350946056", "86288366757"]
HEAD = b"POST /v1/push HTTP/1.1\r\nHost: localhost\r\n"


def plain(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def secure(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain(port))


def silent(port):
    return secure(port)


def half_a_head(port):
    peer = secure(port)
    peer.sendall(HEAD)
    return peer


def half_a_body(port):
    peer = secure(port)
    peer.sendall(HEAD.replace(b"push", b"challenge") + b"Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"dev")
    return peer


def huge_head(port):
    peer = secure(port)
    peer.sendall(HEAD + b"X: " + b"a" * 40_000)
    return peer


def huge_body(port):
    peer = secure(port)
    peer.sendall(HEAD + b"Authorization: Bearer x\r\nContent-Length: 99999999999\r\n\r\n")
    return peer


def half_closed(port):
    peer = plain(port)
    peer.shutdown(socket.SHUT_WR)
    return peer


def no_tls(port):
    peer = plain(port)
    peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
    return peer


def cut_handshake(port):
    peer = plain(port)
    peer.sendall(bytes.fromhex("1603010200010001fc0303"))
    return peer


def two_lengths(port):
    peer = secure(port)
    peer.sendall(HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")
    return peer


def rude(port):
    peer = plain(port)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()  # a reset
    return peer


ODD = [half_a_head, half_a_body, huge_head, huge_body, half_closed, no_tls, cut_handshake,
       two_lengths, rude]


class Crowd:
    """Opens connections from a few threads and keeps them until it is told to let go."""

    def __init__(self, port, size):
        self.port, self.size = port, size
        self.peers, self.refused = [], collections.Counter()

    def join(self, number):
        how = ODD[number // 10 % len(ODD)] if number % 10 == 0 else silent
        try:
            self.peers.append(how(self.port))
        except OSError as why:  # cut by the server while it was still speaking
            self.refused[f"{how.__name__}: {type(why).__name__}"] += 1

    def gather(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for _ in pool.map(self.join, range(self.size)):
                pass

    def leave(self):
        for peer in self.peers:
            peer.close()
        self.peers.clear()


class Watcher(threading.Thread):
    """The most connections that the server says it has."""

    def __init__(self, metrics):
        super().__init__(daemon=True)
        self.metrics, self.most, self.over = metrics, 0, threading.Event()

    def now(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=30) as page:
            text = page.read().decode()
        return int(float(re.search(r"^autocusto_connections ([0-9.e+]+)$", text, re.M).group(1)))

    def run(self):
        while not self.over.wait(0.25):
            self.most = max(self.most, self.now())


def save(laptop, number):
    key = CPFS[number % len(CPFS)]
    laptop("patient", "save", key, "--set", f"nome_paciente=Nome {number}", "--set", "nome_mae=M",
           "--set", "end_paciente=R")
    return key


def honest_round(ana, room, number):
    """One edit from laptop to laptop; -> how long the two syncs took."""
    key = save(ana, number)
    start = time.monotonic()
    require(ana.sync()["pushed"] == 1, "a sync did not push what was saved")
    room.sync()
    took = time.monotonic() - start
    shown = room("patient", "show", key)
    require(shown["fields"]["nome_paciente"] == f"Nome {number}", "an edit did not arrive")
    return took


def memory_peak_mb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def allowed(wanted):
    """As many connections as the limit of open files lets this process and the server have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, hard - SPARE_FILES)


def lift_limits(world):
    """The crowd comes from one address; how many connections one may have is tried elsewhere."""
    path = world.data / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["limits"] = {"connections": {"address": 0}, "connections_without_token": {"address": 0}}
    path.write_text(json.dumps(config), encoding="utf-8")


def play(world, size):
    lift_limits(world)
    world.start()
    world.admin("user", "add", "ana@clinica.test", "--role", "doctor")
    links = [world.admin("enrollment", "new", "ana@clinica.test")["enrollment_link"] for _ in "ab"]
    ana, room = (world.laptop(link) for link in links)
    quiet = [honest_round(ana, room, n) for n in range(3)]

    crowd, watcher = Crowd(world.port, size), Watcher(world.metrics)
    watcher.start()
    gathering = threading.Thread(target=crowd.gather, daemon=True)
    start, crowded, number = time.monotonic(), [], len(quiet)
    gathering.start()
    while gathering.is_alive() or len(crowded) < 3:
        crowded.append(honest_round(ana, room, number))
        number += 1
    gathered = time.monotonic() - start
    wait_until(lambda: watcher.now() <= 2, "the server lets go of everybody", LONGEST_DEADLINE)
    let_go = time.monotonic() - start
    watcher.over.set()
    watcher.join()
    crowd.leave()
    after = [honest_round(ana, room, number + n) for n in range(3)]
    world.server("verify")
    require(world.process.poll() is None, "the server is gone")
    figures = {
        "connections": size, "most_at_once": watcher.most, "gathered_s": round(gathered, 1),
        "all_let_go_s": round(let_go, 1), "cut_while_speaking": dict(crowd.refused),
        "honest_rounds": len(crowded),
        "honest_round_s": {name: round(statistics.median(list_), 2) for name, list_ in
                           (("before", quiet), ("meanwhile", crowded), ("after", after))},
        "slowest_round_s": round(max(crowded), 2),
        "server_peak_mb": round(memory_peak_mb(world.process), 1)}
    print(json.dumps(figures, indent=1))
    # Half of it at least must have been there at the same time, or nothing was tried.
    require(watcher.most >= size // 2, "the crowd was never there")


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("programs")
    asked.add_argument("--connections", type=int, default=10_000)
    given = asked.parse_args()
    size = allowed(given.connections)
    with tempfile.TemporaryDirectory(prefix="autocusto-crowd-") as folder:
        world = World(given.programs, pathlib.Path(folder) / "world")
        try:
            play(world, size)
        finally:
            world.remove()


if __name__ == "__main__":
    main()
