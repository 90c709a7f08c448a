#!/usr/bin/env python3
"""What strangers cost the server beside a TLS handshake, in processor time of the server.

    stranger_bench.py PROGRAMS [--count N]

PROGRAMS is a folder with release builds. Each kind of request is sent N times over kept
connections; connections that the server ends are opened anew, and their handshakes are taken off
the figure. Prints one JSON object; times are microseconds of processor time for one of each.

There are two figures for each kind, beside a handshake that was measured in the same way:

  one by one   the next request is sent when the last one is answered. The figure holds what it
               takes to put the server to sleep and to wake it, and on a machine of which client
               and server share the processors, to wake the client.
  in a flood   64 connections send at once. The server is stopped while they do, so that it finds
               all of them waiting, however slow this client is.
"""
import argparse
import base64
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "legacy"))
from world import World, require  # noqa: E402


AT_ONCE = 64


def used(process):
    """Nanoseconds that all threads of the process have run."""
    tasks = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def handshakes(world, count):
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", world.port), timeout=60) as plain:
            context().wrap_socket(plain).close()  # a context of its own: nothing is resumed


def bomb():
    """8 MiB of zeros, compressed."""
    program = shutil.which("zstd")
    if program is None:
        return None
    return subprocess.run([program, "-q", "-19", "-c"], input=bytes(8 << 20), check=True,
                          stdout=subprocess.PIPE).stdout


def requests(world, count, method, path, body, headers):
    """-> how many connections it took, and the status of the last answer."""
    opened, status, line = 0, 0, None
    for _ in range(count):
        if line is None or line.sock is None:
            line = http.client.HTTPSConnection("localhost", world.port, timeout=60, context=context())
            opened += 1
        line.request(method, path, body, headers)
        answer = line.getresponse()
        answer.read()
        status = answer.status
        if answer.will_close:
            line.close()
    line.close()
    return opened, status


def second_step(world, device):
    line = http.client.HTTPSConnection("localhost", world.port, timeout=60, context=context())
    line.request("POST", "/v1/session", json.dumps({"device": device}),
                 {"Content-Type": "application/json"})
    server = json.loads(line.getresponse().read())["server"]
    line.close()
    challenge = base64.urlsafe_b64encode(os.urandom(56)).decode().rstrip("=")
    return json.dumps({"object": {"challenge": challenge, "device": device, "prev_push": None,
                                  "server": server},
                       "signature": "11" * 64}).encode()


class Flood:
    """Many connections, whose requests the server finds all at once."""

    def __init__(self, world):
        self.world = world

    def __enter__(self):
        os.kill(self.world.process.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.world.process.pid, signal.SIGCONT)


def wait_readable(lines):
    """Until all of them have something to read; sleeps until the last one has."""
    for line in reversed(lines):
        readable, _, _ = select.select([line], [], [], 60)
        require(readable, "the server did not answer")


def step(lines):
    """One step of each handshake; -> whether all are done."""
    done = True
    for line in lines:
        try:
            line.do_handshake()
        except ssl.SSLWantReadError:
            done = False
    return done


def opened_together(world):
    """Connections whose handshakes were made at the same time."""
    made = context()
    with Flood(world):
        lines = []
        for _ in range(AT_ONCE):
            plain = socket.create_connection(("127.0.0.1", world.port), timeout=60)
            plain.setblocking(False)
            lines.append(made.wrap_socket(plain, do_handshake_on_connect=False))
        step(lines)
    wait_readable(lines)
    with Flood(world):
        require(step(lines), "a handshake took more than two steps")
    wait_readable(lines)  # the tickets
    return lines


def closed(lines):
    for line in lines:
        line.close()


def whole(line):
    """The bytes of one answer."""
    text = b""
    while True:
        try:
            text += line.recv(65536)
        except ssl.SSLWantReadError:
            require(select.select([line], [], [], 60)[0], "the server did not answer")
            continue
        head, found, rest = text.partition(b"\r\n\r\n")
        if not found:
            continue
        length = next(int(field.split(b":")[1]) for field in head.lower().split(b"\r\n")
                      if field.startswith(b"content-length:"))
        if len(rest) >= length:
            return head


def flooded(world, rounds, method, path, body, headers):
    """-> what so many rounds of requests took, in nanoseconds, and the status of the last answer."""
    fields = {"Host": f"localhost:{world.port}", "Accept-Encoding": "identity", **headers}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    request = head.encode() + b"\r\n" + (body or b"")
    lines = opened_together(world)
    took, last = 0, b""
    for number in range(rounds + 1):  # the first does not count
        with Flood(world):
            before = used(world.process)
            for line in lines:
                line.sendall(request)
        wait_readable(lines)
        for line in lines:
            last = whole(line)
        if number > 0:
            took += used(world.process) - before
        require(b"connection: close" not in last.lower(), "the server ended a connection")
    closed(lines)
    return took, int(last.split()[1])


def flooded_handshakes(world, rounds):
    took = 0
    for _ in range(rounds):
        before = used(world.process)
        lines = opened_together(world)
        took += used(world.process) - before
        closed(lines)
    return took


def kinds(world):
    # As long as real ones, so that more than their length has to be looked at.
    invented = base64.urlsafe_b64encode(os.urandom(48)).decode()
    code = base64.urlsafe_b64encode(os.urandom(24)).decode()
    token = {"Authorization": "Bearer " + invented, "Content-Type": "application/json"}
    plain = {"Content-Type": "application/json"}
    device = str(uuid.uuid4())
    yield "page with an invented token", "GET", "/v1/changes", None, token
    yield "push with an invented token", "POST", "/v1/push", b"{}", token
    packed = bomb()
    if packed is not None:
        yield ("push of a compressed bomb, invented token", "POST", "/v1/push", packed,
               {**token, "Content-Encoding": "zstd"})
    yield "nothing there", "GET", "/v1/nothing", None, {}
    yield ("challenge", "POST", "/v1/session", json.dumps({"device": device}).encode(), plain)
    yield ("challenge, signed for a nonce", "POST", "/v1/session",
           json.dumps({"device": device, "nonce": "ab" * 32}).encode(), plain)
    yield ("enrollment with an invented code", "POST", "/v1/enroll",
           json.dumps({"code": code, "public_key": "11" * 32, "device_name": "x"}).encode(), plain)
    yield "session over an invented challenge", "POST", "/v1/session", second_step(world, device), plain


def measure(world, count):
    rounds = max(1, count // AT_ONCE)
    handshakes(world, count // 10)
    before = used(world.process)
    handshakes(world, count)
    handshake = (used(world.process) - before) / count / 1000
    together = flooded_handshakes(world, rounds) / rounds / AT_ONCE / 1000
    out = {"handshake": round(handshake, 1), "handshake_in_a_flood": round(together, 1),
           "requests": []}
    for name, method, path, body, headers in kinds(world):
        requests(world, count // 10, method, path, body, headers)
        before = used(world.process)
        opened, status = requests(world, count, method, path, body, headers)
        micros = (used(world.process) - before) / count / 1000 - handshake * opened / count
        took, status_there = flooded(world, rounds, method, path, body, headers)
        require(status == status_there, f"{name}: {status} one by one, {status_there} in a flood")
        flood = took / rounds / AT_ONCE / 1000
        out["requests"].append({"request": name, "status": status, "us": round(micros, 1),
                                "of_a_handshake": round(micros / handshake, 3),
                                "us_in_a_flood": round(flood, 1),
                                "of_a_handshake_in_a_flood": round(flood / together, 3),
                                "connections": opened})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="autocusto-strangers-")
    world = World(options.programs, pathlib.Path(folder) / "world")
    try:
        config = world.data / "config.json"
        settings = json.loads(config.read_text(encoding="utf-8"))
        # Limits would answer in place of what is measured.
        settings["limits"] = {"connections": {"address": 0},
                              "connections_without_token": {"address": 0},
                              "sessions_per_minute": {"address": 0}}
        config.write_text(json.dumps(settings), encoding="utf-8")
        world.start()
        print(json.dumps(measure(world, options.count), indent=1))
        require(world.process.poll() is None, "the server ended")
    finally:
        world.remove()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
