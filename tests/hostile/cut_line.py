#!/usr/bin/env python3
"""A line that is cut after every number of bytes, between real laptops and the real server.

    cut_line.py PROGRAMS [--step N] [--postgres URL]     N: 1 by hand, more in ctest

One laptop saves and pushes, another of the same doctor pulls, over a line that lets n bytes through
in one direction and then breaks, closed or reset; n grows until everything gets through. After each
break the same sync is done again over a whole line, and the edit must be at the server, and then on
the other laptop, exactly once: no break may lose anything, nor do anything twice.
"""
import argparse
import json
import pathlib
import selectors
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "legacy"))
from world import World, free_port, require, run  # noqa: E402

KEY = "11144477735"
RESET = b"\1\0\0\0\0\0\0\0"  # SO_LINGER for no time: closing resets
UNREACHABLE = 5              # exit status of `sync`
# Of one doctor, who saves and pushes one edit at a time: as many of each as were saved.
COUNTS = ("SELECT (SELECT count(*) FROM version) AS versions, (SELECT count(*) FROM feed) AS items, "
          "(SELECT count(*) FROM push) AS pushes")


class Line(threading.Thread):
    """Forwards a port to another, and breaks everything after so many bytes one way."""

    def __init__(self, port, to):
        super().__init__(daemon=True)
        self.to, self.broken, self.lock = to, False, threading.Lock()
        self.way, self.left, self.resets = None, 0, False
        self.listener = socket.create_server(("127.0.0.1", port))

    def cut_after(self, way, count, resets):
        """way: "up" (to the server) or "down"; None: never."""
        with self.lock:
            self.way, self.left, self.resets, self.broken = way, count, resets, False

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(peer,), daemon=True).start()

    def allowed(self, way, data):
        """-> what of it gets through, and whether the line breaks then."""
        with self.lock:
            if self.way is None or self.broken:
                return data, self.broken
            if way != self.way:
                return data, False
            part = data[:self.left]
            self.left -= len(part)
            self.broken = self.left == 0
            return part, self.broken

    def carry(self, peer):
        try:
            server = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            peer.close()
            return
        ends = {peer: ("up", server), server: ("down", peer)}
        with selectors.DefaultSelector() as ready:
            for end in ends:
                ready.register(end, selectors.EVENT_READ)
            try:
                while self.pass_on(ready, ends):
                    pass
            except OSError:
                pass  # an end reset it
        for end in ends:
            if self.resets and self.broken:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.close()

    def pass_on(self, ready, ends):
        for key, _ in ready.select(1):
            way, other = ends[key.fileobj]
            data = key.fileobj.recv(65536)
            if not data:
                return False
            part, breaks = self.allowed(way, data)
            other.sendall(part)
            if breaks:
                return False
        return not self.broken


class Breaks:
    """Cuts syncs and sees that nothing is lost, nor done twice."""

    def __init__(self, world, line, ana, room):
        self.world, self.line, self.ana, self.room = world, line, ana, room
        self.saved, self.points = 0, {}

    def save(self):
        self.saved += 1
        self.ana("patient", "save", KEY, "--set", f"nome_paciente=Nome {self.saved}",
                 "--set", "nome_mae=M", "--set", "end_paciente=R")

    def cut(self, laptop, way, count, has_come):
        """A sync that breaks there, or says that it has not; -> whether the line broke."""
        self.line.cut_after(way, count, resets=count % 2 == 0)
        done = run([self.world.program("autocusto"), "--home", laptop.home, "sync"],
                   exits=(0, UNREACHABLE))
        broken = self.line.broken
        self.line.cut_after(None, 0, False)
        if done.returncode == 0:
            has_come()
        laptop.sync()
        return broken

    def at_server(self):
        """What was saved is there, and in the doctor's feed, once."""
        found = self.world.rows(COUNTS)[0]
        require(found == dict.fromkeys(("versions", "items", "pushes"), self.saved),
                f"{self.saved} were saved, but the server has {found}")

    def shown(self):
        """What was saved last is shown on the other laptop, and has no sibling."""
        shown = self.room("patient", "show", KEY)
        require(shown["fields"]["nome_paciente"] == f"Nome {self.saved}", "an edit did not arrive")
        require(len(shown["heads"]) == 1, "an edit became a sibling of itself")

    def all_of_it(self):
        """Both laptops have every edit once."""
        for laptop in (self.ana, self.room):
            ids = [version["version_id"] for version in laptop("patient", "history", KEY)["versions"]]
            require(len(ids) == len(set(ids)) == self.saved, f"{len(ids)} of {self.saved} edits")

    def every(self, who, way, step):
        count = 1
        while True:
            self.save()
            if who == "pull":
                self.ana.sync()
                broken = self.cut(self.room, way, count, self.shown)
            else:
                broken = self.cut(self.ana, way, count, self.at_server)
                self.room.sync()
            self.at_server()
            self.shown()
            if not broken:
                break
            count += step
        self.points[f"{who}, {way}"] = {"points": (count + step - 1) // step, "bytes": count}
        require(count > 1000, f"{who} {way}: nothing went over the line")


def play(world, line, step):
    line.start()
    world.start()
    world.admin("user", "add", "ana@clinica.test", "--role", "doctor")
    links = [world.admin("enrollment", "new", "ana@clinica.test")["enrollment_link"] for _ in "ab"]
    ana, room = (world.laptop(link) for link in links)
    breaks, start = Breaks(world, line, ana, room), time.monotonic()
    for who in ("push", "pull"):
        for way in ("up", "down"):
            breaks.every(who, way, step)
    breaks.all_of_it()
    world.server("verify")
    print(json.dumps({"step": step, "saved": breaks.saved,
                      "seconds": round(time.monotonic() - start, 1), **breaks.points}, indent=1))


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("programs")
    asked.add_argument("--step", type=int, default=1)
    asked.add_argument("--postgres", help="URL of an empty database for the server")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="autocusto-line-") as folder:
        port = free_port()
        world = World(given.programs, pathlib.Path(folder) / "world", given.postgres, port)
        try:
            play(world, Line(port, world.port), given.step)
        finally:
            world.remove()


if __name__ == "__main__":
    main()
